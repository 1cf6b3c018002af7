// Original file: satchel/v1/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EndJobRequest as _satchel_v1_EndJobRequest, EndJobRequest__Output as _satchel_v1_EndJobRequest__Output } from '../../satchel/v1/EndJobRequest.js';
import type { EndJobResponse as _satchel_v1_EndJobResponse, EndJobResponse__Output as _satchel_v1_EndJobResponse__Output } from '../../satchel/v1/EndJobResponse.js';
import type { GetJobRequest as _satchel_v1_GetJobRequest, GetJobRequest__Output as _satchel_v1_GetJobRequest__Output } from '../../satchel/v1/GetJobRequest.js';
import type { Job as _satchel_v1_Job, Job__Output as _satchel_v1_Job__Output } from '../../satchel/v1/Job.js';
import type { ListJobsRequest as _satchel_v1_ListJobsRequest, ListJobsRequest__Output as _satchel_v1_ListJobsRequest__Output } from '../../satchel/v1/ListJobsRequest.js';
import type { ListJobsResponse as _satchel_v1_ListJobsResponse, ListJobsResponse__Output as _satchel_v1_ListJobsResponse__Output } from '../../satchel/v1/ListJobsResponse.js';
import type { Plan as _satchel_v1_Plan, Plan__Output as _satchel_v1_Plan__Output } from '../../satchel/v1/Plan.js';
import type { PlanJobRequest as _satchel_v1_PlanJobRequest, PlanJobRequest__Output as _satchel_v1_PlanJobRequest__Output } from '../../satchel/v1/PlanJobRequest.js';
import type { RegisterJobRequest as _satchel_v1_RegisterJobRequest, RegisterJobRequest__Output as _satchel_v1_RegisterJobRequest__Output } from '../../satchel/v1/RegisterJobRequest.js';
import type { RegisterJobResponse as _satchel_v1_RegisterJobResponse, RegisterJobResponse__Output as _satchel_v1_RegisterJobResponse__Output } from '../../satchel/v1/RegisterJobResponse.js';
import type { RenewJobRequest as _satchel_v1_RenewJobRequest, RenewJobRequest__Output as _satchel_v1_RenewJobRequest__Output } from '../../satchel/v1/RenewJobRequest.js';
import type { RenewJobResponse as _satchel_v1_RenewJobResponse, RenewJobResponse__Output as _satchel_v1_RenewJobResponse__Output } from '../../satchel/v1/RenewJobResponse.js';
import type { ScaleJobRequest as _satchel_v1_ScaleJobRequest, ScaleJobRequest__Output as _satchel_v1_ScaleJobRequest__Output } from '../../satchel/v1/ScaleJobRequest.js';
import type { SlotMap as _satchel_v1_SlotMap, SlotMap__Output as _satchel_v1_SlotMap__Output } from '../../satchel/v1/SlotMap.js';
import type { WatchSlotMapRequest as _satchel_v1_WatchSlotMapRequest, WatchSlotMapRequest__Output as _satchel_v1_WatchSlotMapRequest__Output } from '../../satchel/v1/WatchSlotMapRequest.js';

export interface JobsClient extends grpc.Client {
  EndJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  EndJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  EndJob(argument: _satchel_v1_EndJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  EndJob(argument: _satchel_v1_EndJobRequest, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  endJob(argument: _satchel_v1_EndJobRequest, callback: grpc.requestCallback<_satchel_v1_EndJobResponse__Output>): grpc.ClientUnaryCall;
  
  GetJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _satchel_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _satchel_v1_GetJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  getJob(argument: _satchel_v1_GetJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  
  ListJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _satchel_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _satchel_v1_ListJobsRequest, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _satchel_v1_ListJobsRequest, callback: grpc.requestCallback<_satchel_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  ScaleJob(argument: _satchel_v1_ScaleJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  scaleJob(argument: _satchel_v1_ScaleJobRequest, callback: grpc.requestCallback<_satchel_v1_Job__Output>): grpc.ClientUnaryCall;
  
  WatchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  WatchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  watchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  watchSlotMap(argument: _satchel_v1_WatchSlotMapRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_satchel_v1_SlotMap__Output>;
  
}

export interface JobsHandlers extends grpc.UntypedServiceImplementation {
  EndJob: grpc.handleUnaryCall<_satchel_v1_EndJobRequest__Output, _satchel_v1_EndJobResponse>;
  
  GetJob: grpc.handleUnaryCall<_satchel_v1_GetJobRequest__Output, _satchel_v1_Job>;
  
  ListJobs: grpc.handleUnaryCall<_satchel_v1_ListJobsRequest__Output, _satchel_v1_ListJobsResponse>;
  
  PlanJob: grpc.handleUnaryCall<_satchel_v1_PlanJobRequest__Output, _satchel_v1_Plan>;
  
  RegisterJob: grpc.handleUnaryCall<_satchel_v1_RegisterJobRequest__Output, _satchel_v1_RegisterJobResponse>;
  
  RenewJob: grpc.handleUnaryCall<_satchel_v1_RenewJobRequest__Output, _satchel_v1_RenewJobResponse>;
  
  ScaleJob: grpc.handleUnaryCall<_satchel_v1_ScaleJobRequest__Output, _satchel_v1_Job>;
  
  WatchSlotMap: grpc.handleServerStreamingCall<_satchel_v1_WatchSlotMapRequest__Output, _satchel_v1_SlotMap>;
  
}

export interface JobsDefinition extends grpc.ServiceDefinition {
  EndJob: MethodDefinition<_satchel_v1_EndJobRequest, _satchel_v1_EndJobResponse, _satchel_v1_EndJobRequest__Output, _satchel_v1_EndJobResponse__Output>
  GetJob: MethodDefinition<_satchel_v1_GetJobRequest, _satchel_v1_Job, _satchel_v1_GetJobRequest__Output, _satchel_v1_Job__Output>
  ListJobs: MethodDefinition<_satchel_v1_ListJobsRequest, _satchel_v1_ListJobsResponse, _satchel_v1_ListJobsRequest__Output, _satchel_v1_ListJobsResponse__Output>
  PlanJob: MethodDefinition<_satchel_v1_PlanJobRequest, _satchel_v1_Plan, _satchel_v1_PlanJobRequest__Output, _satchel_v1_Plan__Output>
  RegisterJob: MethodDefinition<_satchel_v1_RegisterJobRequest, _satchel_v1_RegisterJobResponse, _satchel_v1_RegisterJobRequest__Output, _satchel_v1_RegisterJobResponse__Output>
  RenewJob: MethodDefinition<_satchel_v1_RenewJobRequest, _satchel_v1_RenewJobResponse, _satchel_v1_RenewJobRequest__Output, _satchel_v1_RenewJobResponse__Output>
  ScaleJob: MethodDefinition<_satchel_v1_ScaleJobRequest, _satchel_v1_Job, _satchel_v1_ScaleJobRequest__Output, _satchel_v1_Job__Output>
  WatchSlotMap: MethodDefinition<_satchel_v1_WatchSlotMapRequest, _satchel_v1_SlotMap, _satchel_v1_WatchSlotMapRequest__Output, _satchel_v1_SlotMap__Output>
}
