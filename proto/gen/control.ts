import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Allocation as _satchel_v1_Allocation, Allocation__Output as _satchel_v1_Allocation__Output } from './satchel/v1/Allocation.js';
import type { Alternative as _satchel_v1_Alternative, Alternative__Output as _satchel_v1_Alternative__Output } from './satchel/v1/Alternative.js';
import type { BeginStageRequest as _satchel_v1_BeginStageRequest, BeginStageRequest__Output as _satchel_v1_BeginStageRequest__Output } from './satchel/v1/BeginStageRequest.js';
import type { ConfigurationApplied as _satchel_v1_ConfigurationApplied, ConfigurationApplied__Output as _satchel_v1_ConfigurationApplied__Output } from './satchel/v1/ConfigurationApplied.js';
import type { ConfigureJobs as _satchel_v1_ConfigureJobs, ConfigureJobs__Output as _satchel_v1_ConfigureJobs__Output } from './satchel/v1/ConfigureJobs.js';
import type { ControllerMessage as _satchel_v1_ControllerMessage, ControllerMessage__Output as _satchel_v1_ControllerMessage__Output } from './satchel/v1/ControllerMessage.js';
import type { Decision as _satchel_v1_Decision, Decision__Output as _satchel_v1_Decision__Output } from './satchel/v1/Decision.js';
import type { Deficit as _satchel_v1_Deficit, Deficit__Output as _satchel_v1_Deficit__Output } from './satchel/v1/Deficit.js';
import type { Drain as _satchel_v1_Drain, Drain__Output as _satchel_v1_Drain__Output } from './satchel/v1/Drain.js';
import type { DrainNodeRequest as _satchel_v1_DrainNodeRequest, DrainNodeRequest__Output as _satchel_v1_DrainNodeRequest__Output } from './satchel/v1/DrainNodeRequest.js';
import type { EndJobOnNode as _satchel_v1_EndJobOnNode, EndJobOnNode__Output as _satchel_v1_EndJobOnNode__Output } from './satchel/v1/EndJobOnNode.js';
import type { EndJobRequest as _satchel_v1_EndJobRequest, EndJobRequest__Output as _satchel_v1_EndJobRequest__Output } from './satchel/v1/EndJobRequest.js';
import type { EndJobResponse as _satchel_v1_EndJobResponse, EndJobResponse__Output as _satchel_v1_EndJobResponse__Output } from './satchel/v1/EndJobResponse.js';
import type { EndStageRequest as _satchel_v1_EndStageRequest, EndStageRequest__Output as _satchel_v1_EndStageRequest__Output } from './satchel/v1/EndStageRequest.js';
import type { EndedPrefix as _satchel_v1_EndedPrefix, EndedPrefix__Output as _satchel_v1_EndedPrefix__Output } from './satchel/v1/EndedPrefix.js';
import type { Figure as _satchel_v1_Figure, Figure__Output as _satchel_v1_Figure__Output } from './satchel/v1/Figure.js';
import type { FleetClient as _satchel_v1_FleetClient, FleetDefinition as _satchel_v1_FleetDefinition } from './satchel/v1/Fleet.js';
import type { FleetDirectory as _satchel_v1_FleetDirectory, FleetDirectory__Output as _satchel_v1_FleetDirectory__Output } from './satchel/v1/FleetDirectory.js';
import type { GetJobRequest as _satchel_v1_GetJobRequest, GetJobRequest__Output as _satchel_v1_GetJobRequest__Output } from './satchel/v1/GetJobRequest.js';
import type { GetPublicKeyRequest as _satchel_v1_GetPublicKeyRequest, GetPublicKeyRequest__Output as _satchel_v1_GetPublicKeyRequest__Output } from './satchel/v1/GetPublicKeyRequest.js';
import type { GetReceiptRequest as _satchel_v1_GetReceiptRequest, GetReceiptRequest__Output as _satchel_v1_GetReceiptRequest__Output } from './satchel/v1/GetReceiptRequest.js';
import type { Grant as _satchel_v1_Grant, Grant__Output as _satchel_v1_Grant__Output } from './satchel/v1/Grant.js';
import type { GrantReclaim as _satchel_v1_GrantReclaim, GrantReclaim__Output as _satchel_v1_GrantReclaim__Output } from './satchel/v1/GrantReclaim.js';
import type { GrantRequest as _satchel_v1_GrantRequest, GrantRequest__Output as _satchel_v1_GrantRequest__Output } from './satchel/v1/GrantRequest.js';
import type { GrantReturn as _satchel_v1_GrantReturn, GrantReturn__Output as _satchel_v1_GrantReturn__Output } from './satchel/v1/GrantReturn.js';
import type { Heartbeat as _satchel_v1_Heartbeat, Heartbeat__Output as _satchel_v1_Heartbeat__Output } from './satchel/v1/Heartbeat.js';
import type { Hello as _satchel_v1_Hello, Hello__Output as _satchel_v1_Hello__Output } from './satchel/v1/Hello.js';
import type { Hints as _satchel_v1_Hints, Hints__Output as _satchel_v1_Hints__Output } from './satchel/v1/Hints.js';
import type { Job as _satchel_v1_Job, Job__Output as _satchel_v1_Job__Output } from './satchel/v1/Job.js';
import type { JobConfiguration as _satchel_v1_JobConfiguration, JobConfiguration__Output as _satchel_v1_JobConfiguration__Output } from './satchel/v1/JobConfiguration.js';
import type { JobEvent as _satchel_v1_JobEvent, JobEvent__Output as _satchel_v1_JobEvent__Output } from './satchel/v1/JobEvent.js';
import type { JobPurged as _satchel_v1_JobPurged, JobPurged__Output as _satchel_v1_JobPurged__Output } from './satchel/v1/JobPurged.js';
import type { JobUsage as _satchel_v1_JobUsage, JobUsage__Output as _satchel_v1_JobUsage__Output } from './satchel/v1/JobUsage.js';
import type { JobsClient as _satchel_v1_JobsClient, JobsDefinition as _satchel_v1_JobsDefinition } from './satchel/v1/Jobs.js';
import type { Left as _satchel_v1_Left, Left__Output as _satchel_v1_Left__Output } from './satchel/v1/Left.js';
import type { ListDecisionsRequest as _satchel_v1_ListDecisionsRequest, ListDecisionsRequest__Output as _satchel_v1_ListDecisionsRequest__Output } from './satchel/v1/ListDecisionsRequest.js';
import type { ListDecisionsResponse as _satchel_v1_ListDecisionsResponse, ListDecisionsResponse__Output as _satchel_v1_ListDecisionsResponse__Output } from './satchel/v1/ListDecisionsResponse.js';
import type { ListJobsRequest as _satchel_v1_ListJobsRequest, ListJobsRequest__Output as _satchel_v1_ListJobsRequest__Output } from './satchel/v1/ListJobsRequest.js';
import type { ListJobsResponse as _satchel_v1_ListJobsResponse, ListJobsResponse__Output as _satchel_v1_ListJobsResponse__Output } from './satchel/v1/ListJobsResponse.js';
import type { ListNamespacesRequest as _satchel_v1_ListNamespacesRequest, ListNamespacesRequest__Output as _satchel_v1_ListNamespacesRequest__Output } from './satchel/v1/ListNamespacesRequest.js';
import type { ListNamespacesResponse as _satchel_v1_ListNamespacesResponse, ListNamespacesResponse__Output as _satchel_v1_ListNamespacesResponse__Output } from './satchel/v1/ListNamespacesResponse.js';
import type { ListNodesRequest as _satchel_v1_ListNodesRequest, ListNodesRequest__Output as _satchel_v1_ListNodesRequest__Output } from './satchel/v1/ListNodesRequest.js';
import type { ListNodesResponse as _satchel_v1_ListNodesResponse, ListNodesResponse__Output as _satchel_v1_ListNodesResponse__Output } from './satchel/v1/ListNodesResponse.js';
import type { ListStagesRequest as _satchel_v1_ListStagesRequest, ListStagesRequest__Output as _satchel_v1_ListStagesRequest__Output } from './satchel/v1/ListStagesRequest.js';
import type { ListStagesResponse as _satchel_v1_ListStagesResponse, ListStagesResponse__Output as _satchel_v1_ListStagesResponse__Output } from './satchel/v1/ListStagesResponse.js';
import type { Namespace as _satchel_v1_Namespace, Namespace__Output as _satchel_v1_Namespace__Output } from './satchel/v1/Namespace.js';
import type { NamespaceLimits as _satchel_v1_NamespaceLimits, NamespaceLimits__Output as _satchel_v1_NamespaceLimits__Output } from './satchel/v1/NamespaceLimits.js';
import type { Node as _satchel_v1_Node, Node__Output as _satchel_v1_Node__Output } from './satchel/v1/Node.js';
import type { NodeMessage as _satchel_v1_NodeMessage, NodeMessage__Output as _satchel_v1_NodeMessage__Output } from './satchel/v1/NodeMessage.js';
import type { NodeUsage as _satchel_v1_NodeUsage, NodeUsage__Output as _satchel_v1_NodeUsage__Output } from './satchel/v1/NodeUsage.js';
import type { Plan as _satchel_v1_Plan, Plan__Output as _satchel_v1_Plan__Output } from './satchel/v1/Plan.js';
import type { PlanJobRequest as _satchel_v1_PlanJobRequest, PlanJobRequest__Output as _satchel_v1_PlanJobRequest__Output } from './satchel/v1/PlanJobRequest.js';
import type { PrefixEmptied as _satchel_v1_PrefixEmptied, PrefixEmptied__Output as _satchel_v1_PrefixEmptied__Output } from './satchel/v1/PrefixEmptied.js';
import type { PreviousOwner as _satchel_v1_PreviousOwner, PreviousOwner__Output as _satchel_v1_PreviousOwner__Output } from './satchel/v1/PreviousOwner.js';
import type { PublicKey as _satchel_v1_PublicKey, PublicKey__Output as _satchel_v1_PublicKey__Output } from './satchel/v1/PublicKey.js';
import type { Reason as _satchel_v1_Reason, Reason__Output as _satchel_v1_Reason__Output } from './satchel/v1/Reason.js';
import type { Receipt as _satchel_v1_Receipt, Receipt__Output as _satchel_v1_Receipt__Output } from './satchel/v1/Receipt.js';
import type { ReceiptLine as _satchel_v1_ReceiptLine, ReceiptLine__Output as _satchel_v1_ReceiptLine__Output } from './satchel/v1/ReceiptLine.js';
import type { Reclaimed as _satchel_v1_Reclaimed, Reclaimed__Output as _satchel_v1_Reclaimed__Output } from './satchel/v1/Reclaimed.js';
import type { RegisterJobRequest as _satchel_v1_RegisterJobRequest, RegisterJobRequest__Output as _satchel_v1_RegisterJobRequest__Output } from './satchel/v1/RegisterJobRequest.js';
import type { RegisterJobResponse as _satchel_v1_RegisterJobResponse, RegisterJobResponse__Output as _satchel_v1_RegisterJobResponse__Output } from './satchel/v1/RegisterJobResponse.js';
import type { Rejected as _satchel_v1_Rejected, Rejected__Output as _satchel_v1_Rejected__Output } from './satchel/v1/Rejected.js';
import type { RemoveNodeRequest as _satchel_v1_RemoveNodeRequest, RemoveNodeRequest__Output as _satchel_v1_RemoveNodeRequest__Output } from './satchel/v1/RemoveNodeRequest.js';
import type { RenewJobRequest as _satchel_v1_RenewJobRequest, RenewJobRequest__Output as _satchel_v1_RenewJobRequest__Output } from './satchel/v1/RenewJobRequest.js';
import type { RenewJobResponse as _satchel_v1_RenewJobResponse, RenewJobResponse__Output as _satchel_v1_RenewJobResponse__Output } from './satchel/v1/RenewJobResponse.js';
import type { RenewStageRequest as _satchel_v1_RenewStageRequest, RenewStageRequest__Output as _satchel_v1_RenewStageRequest__Output } from './satchel/v1/RenewStageRequest.js';
import type { ScaleJobRequest as _satchel_v1_ScaleJobRequest, ScaleJobRequest__Output as _satchel_v1_ScaleJobRequest__Output } from './satchel/v1/ScaleJobRequest.js';
import type { SetNamespaceRequest as _satchel_v1_SetNamespaceRequest, SetNamespaceRequest__Output as _satchel_v1_SetNamespaceRequest__Output } from './satchel/v1/SetNamespaceRequest.js';
import type { Shard as _satchel_v1_Shard, Shard__Output as _satchel_v1_Shard__Output } from './satchel/v1/Shard.js';
import type { ShardChanged as _satchel_v1_ShardChanged, ShardChanged__Output as _satchel_v1_ShardChanged__Output } from './satchel/v1/ShardChanged.js';
import type { ShardListen as _satchel_v1_ShardListen, ShardListen__Output as _satchel_v1_ShardListen__Output } from './satchel/v1/ShardListen.js';
import type { ShardReservation as _satchel_v1_ShardReservation, ShardReservation__Output as _satchel_v1_ShardReservation__Output } from './satchel/v1/ShardReservation.js';
import type { ShardShare as _satchel_v1_ShardShare, ShardShare__Output as _satchel_v1_ShardShare__Output } from './satchel/v1/ShardShare.js';
import type { SlotMap as _satchel_v1_SlotMap, SlotMap__Output as _satchel_v1_SlotMap__Output } from './satchel/v1/SlotMap.js';
import type { SlotRange as _satchel_v1_SlotRange, SlotRange__Output as _satchel_v1_SlotRange__Output } from './satchel/v1/SlotRange.js';
import type { SlotSpan as _satchel_v1_SlotSpan, SlotSpan__Output as _satchel_v1_SlotSpan__Output } from './satchel/v1/SlotSpan.js';
import type { SlotsEmptied as _satchel_v1_SlotsEmptied, SlotsEmptied__Output as _satchel_v1_SlotsEmptied__Output } from './satchel/v1/SlotsEmptied.js';
import type { Stage as _satchel_v1_Stage, Stage__Output as _satchel_v1_Stage__Output } from './satchel/v1/Stage.js';
import type { TierUsage as _satchel_v1_TierUsage, TierUsage__Output as _satchel_v1_TierUsage__Output } from './satchel/v1/TierUsage.js';
import type { Usage as _satchel_v1_Usage, Usage__Output as _satchel_v1_Usage__Output } from './satchel/v1/Usage.js';
import type { WatchJobRequest as _satchel_v1_WatchJobRequest, WatchJobRequest__Output as _satchel_v1_WatchJobRequest__Output } from './satchel/v1/WatchJobRequest.js';
import type { WatchSlotMapRequest as _satchel_v1_WatchSlotMapRequest, WatchSlotMapRequest__Output as _satchel_v1_WatchSlotMapRequest__Output } from './satchel/v1/WatchSlotMapRequest.js';
import type { Welcome as _satchel_v1_Welcome, Welcome__Output as _satchel_v1_Welcome__Output } from './satchel/v1/Welcome.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  satchel: {
    v1: {
      Allocation: MessageTypeDefinition<_satchel_v1_Allocation, _satchel_v1_Allocation__Output>
      Alternative: MessageTypeDefinition<_satchel_v1_Alternative, _satchel_v1_Alternative__Output>
      BeginStageRequest: MessageTypeDefinition<_satchel_v1_BeginStageRequest, _satchel_v1_BeginStageRequest__Output>
      ConfigurationApplied: MessageTypeDefinition<_satchel_v1_ConfigurationApplied, _satchel_v1_ConfigurationApplied__Output>
      ConfigureJobs: MessageTypeDefinition<_satchel_v1_ConfigureJobs, _satchel_v1_ConfigureJobs__Output>
      ControllerMessage: MessageTypeDefinition<_satchel_v1_ControllerMessage, _satchel_v1_ControllerMessage__Output>
      Decision: MessageTypeDefinition<_satchel_v1_Decision, _satchel_v1_Decision__Output>
      Deficit: MessageTypeDefinition<_satchel_v1_Deficit, _satchel_v1_Deficit__Output>
      Drain: MessageTypeDefinition<_satchel_v1_Drain, _satchel_v1_Drain__Output>
      DrainNodeRequest: MessageTypeDefinition<_satchel_v1_DrainNodeRequest, _satchel_v1_DrainNodeRequest__Output>
      EndJobOnNode: MessageTypeDefinition<_satchel_v1_EndJobOnNode, _satchel_v1_EndJobOnNode__Output>
      EndJobRequest: MessageTypeDefinition<_satchel_v1_EndJobRequest, _satchel_v1_EndJobRequest__Output>
      EndJobResponse: MessageTypeDefinition<_satchel_v1_EndJobResponse, _satchel_v1_EndJobResponse__Output>
      EndStageRequest: MessageTypeDefinition<_satchel_v1_EndStageRequest, _satchel_v1_EndStageRequest__Output>
      EndedPrefix: MessageTypeDefinition<_satchel_v1_EndedPrefix, _satchel_v1_EndedPrefix__Output>
      Figure: MessageTypeDefinition<_satchel_v1_Figure, _satchel_v1_Figure__Output>
      Fleet: SubtypeConstructor<typeof grpc.Client, _satchel_v1_FleetClient> & { service: _satchel_v1_FleetDefinition }
      FleetDirectory: MessageTypeDefinition<_satchel_v1_FleetDirectory, _satchel_v1_FleetDirectory__Output>
      GetJobRequest: MessageTypeDefinition<_satchel_v1_GetJobRequest, _satchel_v1_GetJobRequest__Output>
      GetPublicKeyRequest: MessageTypeDefinition<_satchel_v1_GetPublicKeyRequest, _satchel_v1_GetPublicKeyRequest__Output>
      GetReceiptRequest: MessageTypeDefinition<_satchel_v1_GetReceiptRequest, _satchel_v1_GetReceiptRequest__Output>
      Grant: MessageTypeDefinition<_satchel_v1_Grant, _satchel_v1_Grant__Output>
      GrantReclaim: MessageTypeDefinition<_satchel_v1_GrantReclaim, _satchel_v1_GrantReclaim__Output>
      GrantRequest: MessageTypeDefinition<_satchel_v1_GrantRequest, _satchel_v1_GrantRequest__Output>
      GrantReturn: MessageTypeDefinition<_satchel_v1_GrantReturn, _satchel_v1_GrantReturn__Output>
      Heartbeat: MessageTypeDefinition<_satchel_v1_Heartbeat, _satchel_v1_Heartbeat__Output>
      Hello: MessageTypeDefinition<_satchel_v1_Hello, _satchel_v1_Hello__Output>
      Hints: MessageTypeDefinition<_satchel_v1_Hints, _satchel_v1_Hints__Output>
      Job: MessageTypeDefinition<_satchel_v1_Job, _satchel_v1_Job__Output>
      JobConfiguration: MessageTypeDefinition<_satchel_v1_JobConfiguration, _satchel_v1_JobConfiguration__Output>
      JobEvent: MessageTypeDefinition<_satchel_v1_JobEvent, _satchel_v1_JobEvent__Output>
      JobPurged: MessageTypeDefinition<_satchel_v1_JobPurged, _satchel_v1_JobPurged__Output>
      JobUsage: MessageTypeDefinition<_satchel_v1_JobUsage, _satchel_v1_JobUsage__Output>
      Jobs: SubtypeConstructor<typeof grpc.Client, _satchel_v1_JobsClient> & { service: _satchel_v1_JobsDefinition }
      Left: MessageTypeDefinition<_satchel_v1_Left, _satchel_v1_Left__Output>
      ListDecisionsRequest: MessageTypeDefinition<_satchel_v1_ListDecisionsRequest, _satchel_v1_ListDecisionsRequest__Output>
      ListDecisionsResponse: MessageTypeDefinition<_satchel_v1_ListDecisionsResponse, _satchel_v1_ListDecisionsResponse__Output>
      ListJobsRequest: MessageTypeDefinition<_satchel_v1_ListJobsRequest, _satchel_v1_ListJobsRequest__Output>
      ListJobsResponse: MessageTypeDefinition<_satchel_v1_ListJobsResponse, _satchel_v1_ListJobsResponse__Output>
      ListNamespacesRequest: MessageTypeDefinition<_satchel_v1_ListNamespacesRequest, _satchel_v1_ListNamespacesRequest__Output>
      ListNamespacesResponse: MessageTypeDefinition<_satchel_v1_ListNamespacesResponse, _satchel_v1_ListNamespacesResponse__Output>
      ListNodesRequest: MessageTypeDefinition<_satchel_v1_ListNodesRequest, _satchel_v1_ListNodesRequest__Output>
      ListNodesResponse: MessageTypeDefinition<_satchel_v1_ListNodesResponse, _satchel_v1_ListNodesResponse__Output>
      ListStagesRequest: MessageTypeDefinition<_satchel_v1_ListStagesRequest, _satchel_v1_ListStagesRequest__Output>
      ListStagesResponse: MessageTypeDefinition<_satchel_v1_ListStagesResponse, _satchel_v1_ListStagesResponse__Output>
      Namespace: MessageTypeDefinition<_satchel_v1_Namespace, _satchel_v1_Namespace__Output>
      NamespaceLimits: MessageTypeDefinition<_satchel_v1_NamespaceLimits, _satchel_v1_NamespaceLimits__Output>
      Node: MessageTypeDefinition<_satchel_v1_Node, _satchel_v1_Node__Output>
      NodeMessage: MessageTypeDefinition<_satchel_v1_NodeMessage, _satchel_v1_NodeMessage__Output>
      NodeUsage: MessageTypeDefinition<_satchel_v1_NodeUsage, _satchel_v1_NodeUsage__Output>
      Plan: MessageTypeDefinition<_satchel_v1_Plan, _satchel_v1_Plan__Output>
      PlanJobRequest: MessageTypeDefinition<_satchel_v1_PlanJobRequest, _satchel_v1_PlanJobRequest__Output>
      PrefixEmptied: MessageTypeDefinition<_satchel_v1_PrefixEmptied, _satchel_v1_PrefixEmptied__Output>
      PreviousOwner: MessageTypeDefinition<_satchel_v1_PreviousOwner, _satchel_v1_PreviousOwner__Output>
      PublicKey: MessageTypeDefinition<_satchel_v1_PublicKey, _satchel_v1_PublicKey__Output>
      Reason: MessageTypeDefinition<_satchel_v1_Reason, _satchel_v1_Reason__Output>
      Receipt: MessageTypeDefinition<_satchel_v1_Receipt, _satchel_v1_Receipt__Output>
      ReceiptLine: MessageTypeDefinition<_satchel_v1_ReceiptLine, _satchel_v1_ReceiptLine__Output>
      Reclaimed: MessageTypeDefinition<_satchel_v1_Reclaimed, _satchel_v1_Reclaimed__Output>
      RegisterJobRequest: MessageTypeDefinition<_satchel_v1_RegisterJobRequest, _satchel_v1_RegisterJobRequest__Output>
      RegisterJobResponse: MessageTypeDefinition<_satchel_v1_RegisterJobResponse, _satchel_v1_RegisterJobResponse__Output>
      Rejected: MessageTypeDefinition<_satchel_v1_Rejected, _satchel_v1_Rejected__Output>
      RemoveNodeRequest: MessageTypeDefinition<_satchel_v1_RemoveNodeRequest, _satchel_v1_RemoveNodeRequest__Output>
      RenewJobRequest: MessageTypeDefinition<_satchel_v1_RenewJobRequest, _satchel_v1_RenewJobRequest__Output>
      RenewJobResponse: MessageTypeDefinition<_satchel_v1_RenewJobResponse, _satchel_v1_RenewJobResponse__Output>
      RenewStageRequest: MessageTypeDefinition<_satchel_v1_RenewStageRequest, _satchel_v1_RenewStageRequest__Output>
      ScaleJobRequest: MessageTypeDefinition<_satchel_v1_ScaleJobRequest, _satchel_v1_ScaleJobRequest__Output>
      SetNamespaceRequest: MessageTypeDefinition<_satchel_v1_SetNamespaceRequest, _satchel_v1_SetNamespaceRequest__Output>
      Shard: MessageTypeDefinition<_satchel_v1_Shard, _satchel_v1_Shard__Output>
      ShardChanged: MessageTypeDefinition<_satchel_v1_ShardChanged, _satchel_v1_ShardChanged__Output>
      ShardListen: MessageTypeDefinition<_satchel_v1_ShardListen, _satchel_v1_ShardListen__Output>
      ShardReservation: MessageTypeDefinition<_satchel_v1_ShardReservation, _satchel_v1_ShardReservation__Output>
      ShardShare: MessageTypeDefinition<_satchel_v1_ShardShare, _satchel_v1_ShardShare__Output>
      SlotMap: MessageTypeDefinition<_satchel_v1_SlotMap, _satchel_v1_SlotMap__Output>
      SlotRange: MessageTypeDefinition<_satchel_v1_SlotRange, _satchel_v1_SlotRange__Output>
      SlotSpan: MessageTypeDefinition<_satchel_v1_SlotSpan, _satchel_v1_SlotSpan__Output>
      SlotsEmptied: MessageTypeDefinition<_satchel_v1_SlotsEmptied, _satchel_v1_SlotsEmptied__Output>
      Stage: MessageTypeDefinition<_satchel_v1_Stage, _satchel_v1_Stage__Output>
      TierUsage: MessageTypeDefinition<_satchel_v1_TierUsage, _satchel_v1_TierUsage__Output>
      Usage: MessageTypeDefinition<_satchel_v1_Usage, _satchel_v1_Usage__Output>
      WatchJobRequest: MessageTypeDefinition<_satchel_v1_WatchJobRequest, _satchel_v1_WatchJobRequest__Output>
      WatchSlotMapRequest: MessageTypeDefinition<_satchel_v1_WatchSlotMapRequest, _satchel_v1_WatchSlotMapRequest__Output>
      Welcome: MessageTypeDefinition<_satchel_v1_Welcome, _satchel_v1_Welcome__Output>
    }
  }
}

