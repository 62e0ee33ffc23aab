// The types of the smaller services: what they have of their own stands above their rows.
#include "services/cloudformation/resources/inline_code.h"
#include "services/cloudformation/resources/row_handler.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

void pack_inline_code(const HandlerContext&, json::object& request) {
  std::string package = packed_inline_code(request);
  if (!package.empty()) request["Code"] = json::object{{"ZipFile", std::move(package)}};
}

// Another language makes another package of the same source.
json::object new_inline_code(const json::object&, const json::object& after) {
  std::string package = packed_inline_code(after);
  if (package.empty()) return {};
  return {{"ZipFile", std::move(package)}};
}

// What is no longer given goes back to Lambda's default.
constexpr Part kFunctionParts[] = {
    {.put = "UpdateFunctionCode",
     .request = "*=Code FunctionName={id} Architectures",
     .when = Part::When::kUpdates,
     .waits = true,
     .more = new_inline_code},
    {.put = "UpdateFunctionConfiguration",
     .request = "Description=Description? Handler MemorySize=MemorySize?128 Role Runtime "
                "Timeout=Timeout?3 Environment=Environment?{\"Variables\":{}} Layers=Layers?[] "
                "TracingConfig=TracingConfig?{\"Mode\":\"PassThrough\"} "
                "EphemeralStorage=EphemeralStorage?{\"Size\":512} VpcConfig DeadLetterConfig "
                "KMSKeyArn=KmsKeyArn SnapStart=SnapStart?{\"ApplyOn\":\"None\"} FunctionName={id}",
     .when = Part::When::kUpdates,
     .waits = true},
    {.property = "ReservedConcurrentExecutions",
     .put = "PutFunctionConcurrency",
     .request = "FunctionName={id} ReservedConcurrentExecutions",
     .drop = "DeleteFunctionConcurrency",
     .drop_request = "FunctionName={id}"}};

constexpr Part kLogGroupParts[] = {{.property = "RetentionInDays",
                                    .put = "PutRetentionPolicy",
                                    .request = "logGroupName={id} RetentionInDays",
                                    .drop = "DeleteRetentionPolicy",
                                    .drop_request = "logGroupName={id}"}};

// What is no longer given goes back to CodeBuild's default; an empty member takes one away.
constexpr Part kProjectParts[] = {
    {.put = "UpdateProject",
     .request = "name={id} description=Description? source=Source "
                "secondarySources=SecondarySources?[] sourceVersion=SourceVersion? "
                "secondarySourceVersions=SecondarySourceVersions?[] artifacts=Artifacts "
                "secondaryArtifacts=SecondaryArtifacts?[] cache=Cache?{\"type\":\"NO_CACHE\"} "
                "environment=Environment serviceRole=ServiceRole "
                "timeoutInMinutes=TimeoutInMinutes?60 "
                "queuedTimeoutInMinutes=QueuedTimeoutInMinutes?480 "
                "encryptionKey=EncryptionKey? tags=Tags?[] logsConfig=LogsConfig?{} "
                "concurrentBuildLimit=ConcurrentBuildLimit?-1 badgeEnabled=BadgeEnabled?false",
     .when = Part::When::kUpdates}};
constexpr Part kRuleParts[] = {{.put = "PutRule",
                                .request = "Name={id} EventBusName EventPattern State Description",
                                .when = Part::When::kUpdates},
                               {.property = "Targets",
                                .each = true,
                                .put = "PutTargets",
                                .request = "Rule={id} EventBusName Targets[]=item",
                                .drop = "RemoveTargets",
                                .drop_request = "Rule={id} EventBusName Ids[]=item.Id"}};

// An update replaces everything: what is no longer given is no longer there.
constexpr std::string_view kMetricAlarm =
    "AlarmName={id} AlarmDescription ActionsEnabled OKActions AlarmActions "
    "InsufficientDataActions MetricName Namespace Statistic ExtendedStatistic Dimensions Period "
    "Unit EvaluationPeriods DatapointsToAlarm Threshold ComparisonOperator TreatMissingData "
    "EvaluateLowSampleCountPercentile Metrics";
constexpr std::string_view kCompositeAlarm =
    "AlarmName={id} AlarmDescription ActionsEnabled OKActions AlarmActions "
    "InsufficientDataActions AlarmRule ActionsSuppressor ActionsSuppressorWaitPeriod "
    "ActionsSuppressorExtensionPeriod";
constexpr Part kMetricAlarmParts[] = {
    {.put = "PutMetricAlarm", .request = kMetricAlarm, .when = Part::When::kUpdates}};
constexpr Part kCompositeAlarmParts[] = {
    {.put = "PutCompositeAlarm", .request = kCompositeAlarm, .when = Part::When::kUpdates}};
constexpr TagStyle kAlarmTags{.form = TagStyle::Form::kList,
                              .create = "Tags",
                              .system = true,
                              .tag = "TagResource",
                              .untag = "UntagResource",
                              .target = "ResourceARN={@Arn}",
                              .set = "Tags",
                              .unset = "TagKeys"};

// What is no longer given goes back to AWS's default.
constexpr Part kScalableTargetParts[] = {
    {.put = "RegisterScalableTarget",
     .request = "ServiceNamespace ResourceId ScalableDimension MinCapacity MaxCapacity RoleARN "
                "SuspendedState=SuspendedState?{\"DynamicScalingInSuspended\":false,"
                "\"DynamicScalingOutSuspended\":false,\"ScheduledScalingSuspended\":false}",
     .when = Part::When::kUpdates},
    {.property = "ScheduledActions",
     .each = true,
     .put = "PutScheduledAction",
     .request = "ServiceNamespace ResourceId ScalableDimension "
                "ScheduledActionName=item.ScheduledActionName Schedule=item.Schedule "
                "Timezone=item.Timezone ScalableTargetAction=item.ScalableTargetAction",
     .drop = "DeleteScheduledAction",
     .drop_request = "ServiceNamespace ResourceId ScalableDimension "
                     "ScheduledActionName=item.ScheduledActionName"}};

constexpr Part kRoleParts[] = {
    {.put = "UpdateAssumeRolePolicy",
     .request = "RoleName={id} PolicyDocument=AssumeRolePolicyDocument",
     .when = Part::When::kUpdates},
    {.put = "UpdateRole",
     .request = "RoleName={id} Description=Description| MaxSessionDuration=MaxSessionDuration|3600",
     .when = Part::When::kUpdates},
    {.property = "Policies",
     .each = true,
     .put = "PutRolePolicy",
     .request = "RoleName={id} PolicyName=item.PolicyName PolicyDocument=item.PolicyDocument",
     .drop = "DeleteRolePolicy",
     .drop_request = "RoleName={id} PolicyName=item.PolicyName"},
    {.property = "ManagedPolicyArns",
     .each = true,
     .put = "AttachRolePolicy",
     .request = "RoleName={id} PolicyArn=item",
     .drop = "DetachRolePolicy",
     .drop_request = "RoleName={id} PolicyArn=item"}};

constexpr Part kPolicyParts[] = {{.property = "Roles",
                                  .each = true,
                                  .put = "PutRolePolicy",
                                  .request = "RoleName=item PolicyName PolicyDocument",
                                  .drop = "DeleteRolePolicy",
                                  .drop_request = "RoleName=item PolicyName"}};

// us-east-1 is the region that must not be named.
void add_location(const HandlerContext& context, json::object& request) {
  const std::string& region = context.identity().region;
  if (region == "us-east-1") return;
  request["CreateBucketConfiguration"] = json::object{{"LocationConstraint", region}};
}

constexpr Part kBucketParts[] = {
    // Without asking, every bucket has AES256.
    {.put = "PutBucketEncryption",
     .request = "Bucket={id} ServerSideEncryptionConfiguration/"
                "Rules=BucketEncryption.ServerSideEncryptionConfiguration|"
                "[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"}}]"},
    // Versioning that was on can only be suspended.
    {.property = "VersioningConfiguration",
     .put = "PutBucketVersioning",
     .request = "Bucket={id} VersioningConfiguration",
     .drop = "PutBucketVersioning",
     .drop_request = "Bucket={id} VersioningConfiguration/Status=:Suspended"},
    {.property = "OwnershipControls",
     .put = "PutBucketOwnershipControls",
     .request = "Bucket={id} OwnershipControls",
     .drop = "PutBucketOwnershipControls",
     .drop_request = "Bucket={id} "
                     "OwnershipControls/Rules=:[{\"ObjectOwnership\":\"BucketOwnerEnforced\"}]"},
    {.property = "PublicAccessBlockConfiguration",
     .put = "PutPublicAccessBlock",
     .request = "Bucket={id} PublicAccessBlockConfiguration",
     .drop = "DeletePublicAccessBlock",
     .drop_request = "Bucket={id}"},
    {.property = "Tags",
     .put = "PutBucketTagging",
     .request = "Bucket={id} Tagging/TagSet=Tags",
     .drop = "DeleteBucketTagging",
     .drop_request = "Bucket={id}"}};

constexpr Part kHostedZoneParts[] = {{.put = "UpdateHostedZoneComment",
                                      .request = "Id={id} Comment=HostedZoneConfig.Comment",
                                      .when = Part::When::kUpdates}};

// A table takes one kind of change at a time, and a stream's view cannot be changed while it is on.
constexpr Part kTableParts[] = {
    {.put = "UpdateTable",
     .request = "TableName={id} ProvisionedThroughput BillingMode=BillingMode|PROVISIONED",
     .when = Part::When::kUpdates,
     .waits = true},
    {.property = "StreamSpecification",
     .put = "UpdateTable",
     .request = "TableName={id} StreamSpecification/StreamEnabled=:true "
                "StreamSpecification/StreamViewType=StreamSpecification.StreamViewType",
     .drop = "UpdateTable",
     .drop_request = "TableName={id} StreamSpecification/StreamEnabled=:false",
     .when = Part::When::kUpdates,
     .renews = true,
     .waits = true},
    {.put = "UpdateTable",
     .request = "TableName={id} TableClass=TableClass|STANDARD",
     .when = Part::When::kUpdates,
     .waits = true},
    {.put = "UpdateTable",
     .request = "TableName={id} DeletionProtectionEnabled=DeletionProtectionEnabled|false",
     .when = Part::When::kUpdates,
     .waits = true}};

// What is given is set; what is no longer given goes back to Route 53's default, where the API has
// a way to say so.
json::object health_check_changes(const json::object& before, const json::object& after) {
  const json::object& old_config = *json::find_object(before, "HealthCheckConfig");
  const json::object& new_config = *json::find_object(after, "HealthCheckConfig");
  json::object request;
  for (const auto& member : new_config) {
    const std::string_view name = member.key();
    const bool fixed = name == "Type" || name == "RequestInterval" || name == "MeasureLatency";
    if (!fixed && differs(old_config, new_config, name)) request[name] = member.value();
  }
  json::array reset;
  for (const auto& member : old_config) {
    const std::string_view name = member.key();
    if (new_config.contains(name)) continue;
    if (name == "FailureThreshold") request[name] = 3;
    if (name == "Inverted" || name == "Disabled") request[name] = false;
    if (name == "ResourcePath" || name == "FullyQualifiedDomainName" || name == "Regions" ||
        name == "ChildHealthChecks") {
      reset.push_back(json::string(name));
    }
  }
  if (!reset.empty()) request["ResetElements"] = std::move(reset);
  return request;
}

constexpr Part kHealthCheckParts[] = {{.property = "HealthCheckConfig",
                                       .put = "UpdateHealthCheck",
                                       .request = "HealthCheckId={id}",
                                       .when = Part::When::kUpdates,
                                       .more = health_check_changes}};

constexpr TagStyle route53_tags(std::string_view property, std::string_view target) {
  return {.form = TagStyle::Form::kList,
          .tag = "ChangeTagsForResource",
          .untag = "ChangeTagsForResource",
          .target = target,
          .set = "AddTags",
          .unset = "RemoveTagKeys",
          .property = property};
}

constexpr Row kRows[] = {
    {.type = "AWS::Lambda::Function",
     .service = "lambda",
     .use = {.refuses = "Code/ImageUri Code/S3ObjectStorageMode Code/SourceKMSKeyArn "
                        "VpcConfig/Ipv6AllowedForDualStack"},
     .name = "FunctionName",
     .identifier = "FunctionName",
     .attributes = "Arn=FunctionArn",
     .id = "{FunctionName}",
     .longest = 64,
     .create = "CreateFunction",
     .request = "Description Handler MemorySize Role Runtime Timeout Environment Layers "
                "TracingConfig EphemeralStorage VpcConfig DeadLetterConfig KMSKeyArn=KmsKeyArn "
                "SnapStart FunctionName={id} PackageType Architectures Code",
     .address = "FunctionName={id}",
     .read = "GetFunctionConfiguration",
     .read_id = "FunctionName",
     .parts = kFunctionParts,
     .tags = {.create = "Tags",
              .tag = "TagResource",
              .untag = "UntagResource",
              .target = "Resource={@Arn}",
              .set = "Tags",
              .unset = "TagKeys"},
     .remove = "DeleteFunction",
     .busy = "State=Pending LastUpdateStatus=InProgress",
     .failed = "State=Failed:StateReason LastUpdateStatus=Failed:LastUpdateStatusReason",
     .check = check_inline_code,
     .complete = pack_inline_code},
    {.type = "AWS::Lambda::Permission",
     .service = "lambda",
     .attributes = "Id={id}",
     .longest = 100,
     .create = "AddPermission",
     .request = "FunctionName Action Principal SourceArn SourceAccount EventSourceToken "
                "PrincipalOrgID FunctionUrlAuthType InvokedViaFunctionUrl StatementId={id}",
     .address = "FunctionName StatementId={id}",
     .remove = "RemovePermission"},
    {.type = "AWS::Logs::LogGroup",
     .service = "logs",
     .name = "LogGroupName",
     .identifier = "LogGroupName",
     .attributes = "Arn=arn:aws:logs:{region}:{account}:log-group:{id}:*",
     .id = "{LogGroupName}",
     .longest = 512,
     .create = "CreateLogGroup",
     .request = "logGroupName={id}",
     .address = "logGroupName={id}",
     // The name itself sorts before all that begin with it.
     .read = "DescribeLogGroups",
     .read_request = "logGroupNamePrefix={id}",
     .found = "logGroups[logGroupName={id}]",
     .parts = kLogGroupParts,
     .tags = {.create = "tags",
              .tag = "TagLogGroup",
              .untag = "UntagLogGroup",
              .target = "logGroupName={id}",
              .set = "tags",
              .unset = "tags"},
     .remove = "DeleteLogGroup"},
    {.type = "AWS::CodeBuild::Project",
     .service = "codebuild",
     .renames = "BuildSpec=buildspec",
     .name = "Name",
     .identifier = "Id",
     .attributes = "Arn=project.arn Id={id}",
     .id = "{Name}",
     .longest = 150,
     .create = "CreateProject",
     .request = "name={id} Description Source SecondarySources SourceVersion "
                "SecondarySourceVersions Artifacts SecondaryArtifacts Cache Environment "
                "ServiceRole TimeoutInMinutes QueuedTimeoutInMinutes EncryptionKey Tags "
                "LogsConfig ConcurrentBuildLimit BadgeEnabled",
     .address = "name={id}",
     .read = "BatchGetProjects",
     .read_request = "names=[{id}]",
     .found = "projects[name={id}]",
     .parts = kProjectParts,
     .remove = "DeleteProject"},
    // As on AWS, what is registered already is the stack's from then on.
    {.type = "AWS::ApplicationAutoScaling::ScalableTarget",
     .service = "application-autoscaling",
     .use = {.refuses = "ScheduledActions/*/EndTime ScheduledActions/*/StartTime"},
     .attributes = "Id={id}",
     .id = "{ResourceId}|{ScalableDimension}|{ServiceNamespace}",
     .create = "RegisterScalableTarget",
     .request = "ServiceNamespace ResourceId ScalableDimension MinCapacity MaxCapacity RoleARN "
                "SuspendedState",
     .address = "ServiceNamespace ResourceId ScalableDimension",
     .read = "DescribeScalableTargets",
     .read_request = "ServiceNamespace ResourceIds=[{ResourceId}] ScalableDimension",
     .found = "ScalableTargets[ResourceId={ResourceId}]",
     .parts = kScalableTargetParts,
     .remove = "DeregisterScalableTarget"},
    // PutRule says yes to what is there already. (The schema tells rules apart by their ARN.)
    {.type = "AWS::Events::Rule",
     .service = "events",
     .use = {.refuses = "Targets/*/AppSyncParameters Targets/*/BatchParameters "
                        "Targets/*/DeadLetterConfig Targets/*/EcsParameters "
                        "Targets/*/HttpParameters Targets/*/KinesisParameters "
                        "Targets/*/RedshiftDataParameters Targets/*/RunCommandParameters "
                        "Targets/*/SageMakerPipelineParameters Targets/*/SqsParameters"},
     .name = "Name",
     .name_alone = true,
     .attributes = "Arn=arn:aws:events:{region}:{account}:rule/{id}",
     .id = "{Name}",
     .longest = 64,
     .create = "PutRule",
     .request = "Name={id} EventBusName EventPattern State Description",
     .address = "Name={id} EventBusName",
     .read = "DescribeRule",
     .parts = kRuleParts,
     .tags = {.form = TagStyle::Form::kList,
              .create = "Tags",
              .tag = "TagResource",
              .untag = "UntagResource",
              .target = "ResourceARN={@Arn}",
              .set = "Tags",
              .unset = "TagKeys"},
     .remove = "DeleteRule",
     .drops_parts = true},
    // Putting an alarm says yes to what is there already.
    {.type = "AWS::CloudWatch::Alarm",
     .service = "cloudwatch",
     .use = {.refuses = "Metrics/*/AccountId"},
     .name = "AlarmName",
     .identifier = "AlarmName",
     .attributes = "Arn=arn:aws:cloudwatch:{region}:{account}:alarm:{id}",
     .id = "{AlarmName}",
     .longest = 255,
     .create = "PutMetricAlarm",
     .request = kMetricAlarm,
     .address = "AlarmNames=[{id}]",
     .read = "DescribeAlarms",
     .found = "MetricAlarms[AlarmName={id}]",
     .parts = kMetricAlarmParts,
     .tags = kAlarmTags,
     .remove = "DeleteAlarms"},
    {.type = "AWS::CloudWatch::CompositeAlarm",
     .service = "cloudwatch",
     .name = "AlarmName",
     .identifier = "AlarmName",
     .attributes = "Arn=arn:aws:cloudwatch:{region}:{account}:alarm:{id}",
     .id = "{AlarmName}",
     .longest = 255,
     .create = "PutCompositeAlarm",
     .request = kCompositeAlarm,
     .address = "AlarmNames=[{id}]",
     .read = "DescribeAlarms",
     .read_request = "AlarmNames=[{id}] AlarmTypes=[CompositeAlarm]",
     .found = "CompositeAlarms[AlarmName={id}]",
     .parts = kCompositeAlarmParts,
     .tags = kAlarmTags,
     .remove = "DeleteAlarms"},
    // IAM lives in another process: while this one is dead anybody may make a role of that name.
    {.type = "AWS::IAM::Role",
     .service = "iam",
     .name = "RoleName",
     .identifier = "RoleName",
     .attributes = "Arn=Role.Arn RoleId=Role.RoleId",
     .id = "{RoleName}",
     .longest = 64,
     .create = "CreateRole",
     .request = "Path Description MaxSessionDuration RoleName={id} AssumeRolePolicyDocument",
     .address = "RoleName={id}",
     .read = "GetRole",
     .found = "Role",
     .find = Row::Find::kByOwnTags,
     .parts = kRoleParts,
     .tags = {.form = TagStyle::Form::kList,
              .create = "Tags",
              .system = true,
              .tag = "TagRole",
              .untag = "UntagRole",
              .target = "RoleName={id}",
              .set = "Tags",
              .unset = "TagKeys"},
     .remove = "DeleteRole",
     .drops_parts = true,
     .owner = "RoleId"},
    {.type = "AWS::IAM::Policy",
     .service = "iam",
     .needs = "Roles",
     .needs_text = "At least one of [Groups,Roles,Users] must be non-empty.",
     .attributes = "Id={id}",
     .parts = kPolicyParts,
     .drops_parts = true},
    {.type = "AWS::S3::Bucket",
     .service = "s3",
     .use = {.refuses = "BucketEncryption/ServerSideEncryptionConfiguration/*/"
                        "BlockedEncryptionTypes"},
     .renames = "ServerSideEncryptionByDefault=ApplyServerSideEncryptionByDefault",
     .name = "BucketName",
     .identifier = "BucketName",
     .attributes = "Arn=arn:aws:s3:::{id} DomainName={id}.s3.amazonaws.com "
                   "DualStackDomainName={id}.s3.dualstack.{region}.amazonaws.com "
                   "RegionalDomainName={id}.s3.{region}.amazonaws.com",
     .id = "{BucketName}",
     .longest = 63,
     .lower = true,
     .create = "CreateBucket",
     .request = "Bucket={id}",
     .address = "Bucket={id}",
     .read = "HeadBucket",
     .parts = kBucketParts,
     .remove = "DeleteBucket",
     .complete = add_location},
    {.type = "AWS::S3::BucketPolicy",
     .service = "s3",
     .identifier = "Bucket",
     .id = "{Bucket}",
     .create = "PutBucketPolicy",
     .request = "Bucket={id} Policy=PolicyDocument",
     .address = "Bucket={id}",
     .read = "GetBucketPolicy",
     .asks_first = true,
     .taken = "The bucket policy already exists on bucket {id}.",
     .update = Row::Update::kPut,
     .remove = "DeleteBucketPolicy"},
    {.type = "AWS::DynamoDB::Table",
     .service = "dynamodb",
     .use = {.refuses = "GlobalSecondaryIndexes/*/ContributorInsightsSpecification "
                        "GlobalSecondaryIndexes/*/OnDemandThroughput "
                        "GlobalSecondaryIndexes/*/WarmThroughput "
                        "StreamSpecification/ResourcePolicy",
             .replaces = "AttributeDefinitions/*/AttributeType KeySchema LocalSecondaryIndexes"},
     .name = "TableName",
     .identifier = "TableName",
     .attributes = "Arn=Table.TableArn StreamArn=Table.LatestStreamArn",
     .id = "{TableName}",
     .longest = 255,
     .create = "CreateTable",
     .request = "TableName={id} AttributeDefinitions KeySchema BillingMode LocalSecondaryIndexes "
                "GlobalSecondaryIndexes ProvisionedThroughput TableClass "
                "StreamSpecification/StreamEnabled=StreamSpecification&true "
                "StreamSpecification/StreamViewType=StreamSpecification.StreamViewType "
                "DeletionProtectionEnabled",
     .address = "TableName={id}",
     .read = "DescribeTable",
     .reads_back = true,
     .parts = kTableParts,
     .tags = {.form = TagStyle::Form::kList,
              .create = "Tags",
              .tag = "TagResource",
              .untag = "UntagResource",
              .target = "ResourceArn={@Arn}",
              .set = "Tags",
              .unset = "TagKeys"},
     .remove = "DeleteTable",
     .waits_until_gone = true,
     .busy = "Table.TableStatus!ACTIVE"},
    {.type = "AWS::Route53::HostedZone",
     .service = "route53",
     .identifier = "Id",
     .attributes = "Id={id} NameServers=DelegationSet.NameServers",
     .bare = true,
     .made = "HostedZone.Id",
     .token = "CallerReference",
     .create = "CreateHostedZone",
     .request = "Name HostedZoneConfig",
     .address = "Id={id}",
     .read = "GetHostedZone",
     .find = Row::Find::kByToken,
     .listing = "ListHostedZones",
     .listed = "HostedZones",
     .parts = kHostedZoneParts,
     .tags = route53_tags("HostedZoneTags", "ResourceType=hostedzone ResourceId={id}"),
     .remove = "DeleteHostedZone"},
    {.type = "AWS::Route53::HealthCheck",
     .service = "route53",
     .use = {.refuses = "HealthCheckConfig/RoutingControlArn"},
     .identifier = "HealthCheckId",
     .attributes = "HealthCheckId={id}",
     .longest = 64,
     .made = "HealthCheck.Id",
     .token = "CallerReference",
     .create = "CreateHealthCheck",
     .request = "HealthCheckConfig",
     .address = "HealthCheckId={id}",
     .read = "GetHealthCheck",
     .find = Row::Find::kByToken,
     .listing = "ListHealthChecks",
     .listed = "HealthChecks",
     .parts = kHealthCheckParts,
     .tags = route53_tags("HealthCheckTags", "ResourceType=healthcheck ResourceId={id}"),
     .remove = "DeleteHealthCheck"},
};

}  // namespace

std::span<const Row> service_rows() { return kRows; }

}  // namespace tandem::cloudformation
