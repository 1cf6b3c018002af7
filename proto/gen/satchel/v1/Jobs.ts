// Original file: satchel/v1/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BeginStageRequest as _satchel_v1_BeginStageRequest, BeginStageRequest__Output as _satchel_v1_BeginStageRequest__Output } from '../../satchel/v1/BeginStageRequest.js';
import type { EndJobRequest as _satchel_v1_EndJobRequest, EndJobRequest__Output as _satchel_v1_EndJobRequest__Output } from '../../satchel/v1/EndJobRequest.js';
import type { EndJobResponse as _satchel_v1_EndJobResponse, EndJobResponse__Output as _satchel_v1_EndJobResponse__Output } from '../../satchel/v1/EndJobResponse.js';
import type { EndStageRequest as _satchel_v1_EndStageRequest, EndStageRequest__Output as _satchel_v1_EndStageRequest__Output } from '../../satchel/v1/EndStageRequest.js';
import type { GetJobRequest as _satchel_v1_GetJobRequest, GetJobRequest__Output as _satchel_v1_GetJobRequest__Output } from '../../satchel/v1/GetJobRequest.js';
import type { GetReceiptRequest as _satchel_v1_GetReceiptRequest, GetReceiptRequest__Output as _satchel_v1_GetReceiptRequest__Output } from '../../satchel/v1/GetReceiptRequest.js';
import type { Job as _satchel_v1_Job, Job__Output as _satchel_v1_Job__Output } from '../../satchel/v1/Job.js';
import type { JobEvent as _satchel_v1_JobEvent, JobEvent__Output as _satchel_v1_JobEvent__Output } from '../../satchel/v1/JobEvent.js';
import type { ListJobsRequest as _satchel_v1_ListJobsRequest, ListJobsRequest__Output as _satchel_v1_ListJobsRequest__Output } from '../../satchel/v1/ListJobsRequest.js';
import type { ListJobsResponse as _satchel_v1_ListJobsResponse, ListJobsResponse__Output as _satchel_v1_ListJobsResponse__Output } from '../../satchel/v1/ListJobsResponse.js';
import type { ListNamespacesRequest as _satchel_v1_ListNamespacesRequest, ListNamespacesRequest__Output as _satchel_v1_ListNamespacesRequest__Output } from '../../satchel/v1/ListNamespacesRequest.js';
import type { ListNamespacesResponse as _satchel_v1_ListNamespacesResponse, ListNamespacesResponse__Output as _satchel_v1_ListNamespacesResponse__Output } from '../../satchel/v1/ListNamespacesResponse.js';
import type { ListStagesRequest as _satchel_v1_ListStagesRequest, ListStagesRequest__Output as _satchel_v1_ListStagesRequest__Output } from '../../satchel/v1/ListStagesRequest.js';
import type { ListStagesResponse as _satchel_v1_ListStagesResponse, ListStagesResponse__Output as _satchel_v1_ListStagesResponse__Output } from '../../satchel/v1/ListStagesResponse.js';
import type { Namespace as _satchel_v1_Namespace, Namespace__Output as _satchel_v1_Namespace__Output } from '../../satchel/v1/Namespace.js';
import type { Plan as _satchel_v1_Plan, Plan__Output as _satchel_v1_Plan__Output } from '../../satchel/v1/Plan.js';
import type { PlanJobRequest as _satchel_v1_PlanJobRequest, PlanJobRequest__Output as _satchel_v1_PlanJobRequest__Output } from '../../satchel/v1/PlanJobRequest.js';
import type { Receipt as _satchel_v1_Receipt, Receipt__Output as _satchel_v1_Receipt__Output } from '../../satchel/v1/Receipt.js';
import type { RegisterJobRequest as _satchel_v1_RegisterJobRequest, RegisterJobRequest__Output as _satchel_v1_RegisterJobRequest__Output } from '../../satchel/v1/RegisterJobRequest.js';
import type { RegisterJobResponse as _satchel_v1_RegisterJobResponse, RegisterJobResponse__Output as _satchel_v1_RegisterJobResponse__Output } from '../../satchel/v1/RegisterJobResponse.js';
import type { RenewJobRequest as _satchel_v1_RenewJobRequest, RenewJobRequest__Output as _satchel_v1_RenewJobRequest__Output } from '../../satchel/v1/RenewJobRequest.js';
import type { RenewJobResponse as _satchel_v1_RenewJobResponse, RenewJobResponse__Output as _satchel_v1_RenewJobResponse__Output } from '../../satchel/v1/RenewJobResponse.js';
import type { RenewStageRequest as _satchel_v1_RenewStageRequest, RenewStageRequest__Output as _satchel_v1_RenewStageRequest__Output } from '../../satchel/v1/RenewStageRequest.js';
import type { ScaleJobRequest as _satchel_v1_ScaleJobRequest, ScaleJobRequest__Output as _satchel_v1_ScaleJobRequest__Output } from '../../satchel/v1/ScaleJobRequest.js';
import type { SetNamespaceRequest as _satchel_v1_SetNamespaceRequest, SetNamespaceRequest__Output as _satchel_v1_SetNamespaceRequest__Output } from '../../satchel/v1/SetNamespaceRequest.js';
import type { SlotMap as _satchel_v1_SlotMap, SlotMap__Output as _satchel_v1_SlotMap__Output } from '../../satchel/v1/SlotMap.js';
import type { Stage as _satchel_v1_Stage, Stage__Output as _satchel_v1_Stage__Output } from '../../satchel/v1/Stage.js';
import type { WatchJobRequest as _satchel_v1_WatchJobRequest, WatchJobRequest__Output as _satchel_v1_WatchJobRequest__Output } from '../../satchel/v1/WatchJobRequest.js';
import type { WatchSlotMapRequest as _satchel_v1_WatchSlotMapRequest, WatchSlotMapRequest__Output as _satchel_v1_WatchSlotMapRequest__Output } from '../../satchel/v1/WatchSlotMapRequest.js';

export interface JobsClient extends grpc.Client {
  BeginStage(argument: _satchel_v1_BeginStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  BeginStage(argument: _satchel_v1_BeginStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  BeginStage(argument: _satchel_v1_BeginStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  BeginStage(argument: _satchel_v1_BeginStageRequest, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  beginStage(argument: _satchel_v1_BeginStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  beginStage(argument: _satchel_v1_BeginStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  beginStage(argument: _satchel_v1_BeginStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  beginStage(argument: _satchel_v1_BeginStageRequest, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  
  EndJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  EndJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  EndJob(argument: _satchel_v1_EndJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  EndJob(argument: _satchel_v1_EndJobRequest, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  
  EndStage(argument: _satchel_v1_EndStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  EndStage(argument: _satchel_v1_EndStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  EndStage(argument: _satchel_v1_EndStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  EndStage(argument: _satchel_v1_EndStageRequest, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  endStage(argument: _satchel_v1_EndStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  endStage(argument: _satchel_v1_EndStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  endStage(argument: _satchel_v1_EndStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  endStage(argument: _satchel_v1_EndStageRequest, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  
  GetJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _satchel_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _satchel_v1_GetJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  
  GetReceipt(argument: _satchel_v1_GetReceiptRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  GetReceipt(argument: _satchel_v1_GetReceiptRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  GetReceipt(argument: _satchel_v1_GetReceiptRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  GetReceipt(argument: _satchel_v1_GetReceiptRequest, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  getReceipt(argument: _satchel_v1_GetReceiptRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  getReceipt(argument: _satchel_v1_GetReceiptRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  getReceipt(argument: _satchel_v1_GetReceiptRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  getReceipt(argument: _satchel_v1_GetReceiptRequest, callback: grpc.requestCallback<_satchel_v1_Receipt__Output>): grpc.ClientUnaryCall;
  
  ListJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _satchel_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _satchel_v1_ListJobsRequest, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  
  ListNamespaces(argument: _satchel_v1_ListNamespacesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  ListNamespaces(argument: _satchel_v1_ListNamespacesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  ListNamespaces(argument: _satchel_v1_ListNamespacesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  ListNamespaces(argument: _satchel_v1_ListNamespacesRequest, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  listNamespaces(argument: _satchel_v1_ListNamespacesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  listNamespaces(argument: _satchel_v1_ListNamespacesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  listNamespaces(argument: _satchel_v1_ListNamespacesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  listNamespaces(argument: _satchel_v1_ListNamespacesRequest, callback: grpc.requestCallback<_satchel_v1_ListNamespacesResponse__Output>): grpc.ClientUnaryCall;
  
  ListStages(argument: _satchel_v1_ListStagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  ListStages(argument: _satchel_v1_ListStagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  ListStages(argument: _satchel_v1_ListStagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  ListStages(argument: _satchel_v1_ListStagesRequest, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _satchel_v1_ListStagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _satchel_v1_ListStagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _satchel_v1_ListStagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  listStages(argument: _satchel_v1_ListStagesRequest, callback: grpc.requestCallback<_satchel_v1_ListStagesResponse__Output>): grpc.ClientUnaryCall;
  
  PlanJob(argument: _satchel_v1_PlanJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  PlanJob(argument: _satchel_v1_PlanJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  PlanJob(argument: _satchel_v1_PlanJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  PlanJob(argument: _satchel_v1_PlanJobRequest, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  planJob(argument: _satchel_v1_PlanJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  planJob(argument: _satchel_v1_PlanJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  planJob(argument: _satchel_v1_PlanJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  planJob(argument: _satchel_v1_PlanJobRequest, callback: grpc.requestCallback<_satchel_v1_Plan__Output>): grpc.ClientUnaryCall;
  
  RegisterJob(argument: _satchel_v1_RegisterJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  RegisterJob(argument: _satchel_v1_RegisterJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  RegisterJob(argument: _satchel_v1_RegisterJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  RegisterJob(argument: _satchel_v1_RegisterJobRequest, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  registerJob(argument: _satchel_v1_RegisterJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  registerJob(argument: _satchel_v1_RegisterJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  registerJob(argument: _satchel_v1_RegisterJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  registerJob(argument: _satchel_v1_RegisterJobRequest, callback: grpc.requestCallback<_satchel_v1_RegisterJobResponse__Output>): grpc.ClientUnaryCall;
  
  RenewJob(argument: _satchel_v1_RenewJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  RenewJob(argument: _satchel_v1_RenewJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  RenewJob(argument: _satchel_v1_RenewJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  RenewJob(argument: _satchel_v1_RenewJobRequest, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  renewJob(argument: _satchel_v1_RenewJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  renewJob(argument: _satchel_v1_RenewJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  renewJob(argument: _satchel_v1_RenewJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  renewJob(argument: _satchel_v1_RenewJobRequest, callback: grpc.requestCallback<_satchel_v1_RenewJobResponse__Output>): grpc.ClientUnaryCall;
  
  RenewStage(argument: _satchel_v1_RenewStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  RenewStage(argument: _satchel_v1_RenewStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  RenewStage(argument: _satchel_v1_RenewStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  RenewStage(argument: _satchel_v1_RenewStageRequest, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  renewStage(argument: _satchel_v1_RenewStageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  renewStage(argument: _satchel_v1_RenewStageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  renewStage(argument: _satchel_v1_RenewStageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  renewStage(argument: _satchel_v1_RenewStageRequest, callback: grpc.requestCallback<_satchel_v1_Stage__Output>): grpc.ClientUnaryCall;
  
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  
  SetNamespace(argument: _satchel_v1_SetNamespaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  SetNamespace(argument: _satchel_v1_SetNamespaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  SetNamespace(argument: _satchel_v1_SetNamespaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  SetNamespace(argument: _satchel_v1_SetNamespaceRequest, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  setNamespace(argument: _satchel_v1_SetNamespaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  setNamespace(argument: _satchel_v1_SetNamespaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  setNamespace(argument: _satchel_v1_SetNamespaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  setNamespace(argument: _satchel_v1_SetNamespaceRequest, callback: grpc.requestCallback<_satchel_v1_Namespace__Output>): grpc.ClientUnaryCall;
  
  WatchJob(argument: _satchel_v1_WatchJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_JobEvent__Output>;
  WatchJob(argument: _satchel_v1_WatchJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_JobEvent__Output>;
  watchJob(argument: _satchel_v1_WatchJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_JobEvent__Output>;
  watchJob(argument: _satchel_v1_WatchJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_JobEvent__Output>;
  
  WatchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  WatchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  watchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  watchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  
}

export interface JobsHandlers extends grpc.UntypedServiceImplementation {
  BeginStage: grpc.handleUnaryCall<_satchel_v1_BeginStageRequest__Output, _satchel_v1_Stage>;
  
  EndJob: grpc.handleUnaryCall<_satchel_v1_EndJobRequest__Output, _satchel_v1_EndJobResponse>;
  
  EndStage: grpc.handleUnaryCall<_satchel_v1_EndStageRequest__Output, _satchel_v1_Stage>;
  
  GetJob: grpc.handleUnaryCall<_satchel_v1_GetJobRequest__Output, _satchel_v1_Job>;
  
  GetReceipt: grpc.handleUnaryCall<_satchel_v1_GetReceiptRequest__Output, _satchel_v1_Receipt>;
  
  ListJobs: grpc.handleUnaryCall<_satchel_v1_ListJobsRequest__Output, _satchel_v1_ListJobsResponse>;
  
  ListNamespaces: grpc.handleUnaryCall<_satchel_v1_ListNamespacesRequest__Output, _satchel_v1_ListNamespacesResponse>;
  
  ListStages: grpc.handleUnaryCall<_satchel_v1_ListStagesRequest__Output, _satchel_v1_ListStagesResponse>;
  
  PlanJob: grpc.handleUnaryCall<_satchel_v1_PlanJobRequest__Output, _satchel_v1_Plan>;
  
  RegisterJob: grpc.handleUnaryCall<_satchel_v1_RegisterJobRequest__Output, _satchel_v1_RegisterJobResponse>;
  
  RenewJob: grpc.handleUnaryCall<_satchel_v1_RenewJobRequest__Output, _satchel_v1_RenewJobResponse>;
  
  RenewStage: grpc.handleUnaryCall<_satchel_v1_RenewStageRequest__Output, _satchel_v1_Stage>;
  
  ScaleJob: grpc.handleUnaryCall<_satchel_v1_ScaleJobRequest__Output, _satchel_v1_Job>;
  
  SetNamespace: grpc.handleUnaryCall<_satchel_v1_SetNamespaceRequest__Output, _satchel_v1_Namespace>;
  
  WatchJob: grpc.handleServerStreamingCall<_satchel_v1_WatchJobRequest__Output, _satchel_v1_JobEvent>;
  
  WatchSlotMap: grpc.handleServerStreamingCall<_satchel_v1_WatchSlotMapRequest__Output, _satchel_v1_SlotMap>;
  
}

export interface JobsDefinition extends grpc.ServiceDefinition {
  BeginStage: MethodDefinition<_satchel_v1_BeginStageRequest, _satchel_v1_Stage, _satchel_v1_BeginStageRequest__Output, _satchel_v1_Stage__Output>
  EndJob: MethodDefinition<_satchel_v1_EndJobRequest, _satchel_v1_EndJobResponse, _satchel_v1_EndJobRequest__Output, _satchel_v1_EndJobResponse__Output>
  EndStage: MethodDefinition<_satchel_v1_EndStageRequest, _satchel_v1_Stage, _satchel_v1_EndStageRequest__Output, _satchel_v1_Stage__Output>
  GetJob: MethodDefinition<_satchel_v1_GetJobRequest, _satchel_v1_Job, _satchel_v1_GetJobRequest__Output, _satchel_v1_Job__Output>
  GetReceipt: MethodDefinition<_satchel_v1_GetReceiptRequest, _satchel_v1_Receipt, _satchel_v1_GetReceiptRequest__Output, _satchel_v1_Receipt__Output>
  ListJobs: MethodDefinition<_satchel_v1_ListJobsRequest, _satchel_v1_ListJobsResponse, _satchel_v1_ListJobsRequest__Output, _satchel_v1_ListJobsResponse__Output>
  ListNamespaces: MethodDefinition<_satchel_v1_ListNamespacesRequest, _satchel_v1_ListNamespacesResponse, _satchel_v1_ListNamespacesRequest__Output, _satchel_v1_ListNamespacesResponse__Output>
  ListStages: MethodDefinition<_satchel_v1_ListStagesRequest, _satchel_v1_ListStagesResponse, _satchel_v1_ListStagesRequest__Output, _satchel_v1_ListStagesResponse__Output>
  PlanJob: MethodDefinition<_satchel_v1_PlanJobRequest, _satchel_v1_Plan, _satchel_v1_PlanJobRequest__Output, _satchel_v1_Plan__Output>
  RegisterJob: MethodDefinition<_satchel_v1_RegisterJobRequest, _satchel_v1_RegisterJobResponse, _satchel_v1_RegisterJobRequest__Output, _satchel_v1_RegisterJobResponse__Output>
  RenewJob: MethodDefinition<_satchel_v1_RenewJobRequest, _satchel_v1_RenewJobResponse, _satchel_v1_RenewJobRequest__Output, _satchel_v1_RenewJobResponse__Output>
  RenewStage: MethodDefinition<_satchel_v1_RenewStageRequest, _satchel_v1_Stage, _satchel_v1_RenewStageRequest__Output, _satchel_v1_Stage__Output>
  ScaleJob: MethodDefinition<_satchel_v1_ScaleJobRequest, _satchel_v1_Job, _satchel_v1_ScaleJobRequest__Output, _satchel_v1_Job__Output>
  SetNamespace: MethodDefinition<_satchel_v1_SetNamespaceRequest, _satchel_v1_Namespace, _satchel_v1_SetNamespaceRequest__Output, _satchel_v1_Namespace__Output>
  WatchJob: MethodDefinition<_satchel_v1_WatchJobRequest, _satchel_v1_JobEvent, _satchel_v1_WatchJobRequest__Output, _satchel_v1_JobEvent__Output>
  WatchSlotMap: MethodDefinition<_satchel_v1_WatchSlotMapRequest, _satchel_v1_SlotMap, _satchel_v1_WatchSlotMapRequest__Output, _satchel_v1_SlotMap__Output>
}
