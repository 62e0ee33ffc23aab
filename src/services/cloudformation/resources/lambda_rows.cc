// Lambda's types but for functions and their permissions: versions, aliases, layers,
// asynchronous configuration, URLs.
#include "core/text.h"
#include "services/cloudformation/resources/row_handler.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

/// A template lists versions with their weights, the API maps the one to the other.
json::object weights_of(const json::object& routing) {
  json::object weights;
  if (const auto* listed = json::find_array(routing, "AdditionalVersionWeights")) {
    for (const json::value& each : *listed) {
      const json::object& version = each.as_object();
      weights[json::string_or(version, "FunctionVersion")] =
          json::find_number(version, "FunctionWeight").value_or(0);
    }
  }
  return {{"AdditionalVersionWeights", std::move(weights)}};
}

void map_weights(const HandlerContext&, json::object& request) {
  const json::object* routing = json::find_object(request, "RoutingConfig");
  if (routing != nullptr) request["RoutingConfig"] = weights_of(*routing);
}

json::object new_weights(const json::object&, const json::object& after) {
  const json::object* routing = json::find_object(after, "RoutingConfig");
  return {{"RoutingConfig", weights_of(routing == nullptr ? json::object() : *routing)}};
}

/// Without a name of its own it goes by its logical id.
void name_layer(const HandlerContext& context, json::object& request) {
  if (!request.contains("LayerName")) request["LayerName"] = context.identity().logical_id;
}

/// The API names a version by its layer and a number.
void split_version(const HandlerContext&, json::object& request) {
  const std::string arn = json::string_or(request, "LayerName");
  const std::size_t colon = arn.rfind(':');
  request["LayerName"] = arn.substr(0, colon);
  request["VersionNumber"] =
      static_cast<std::int64_t>(core::parse_uint(arn.substr(colon + 1)).value_or(0));
}

Task<void> delete_layer_version(HandlerContext& context, Physical physical, json::object) {
  json::object request = {{"LayerName", physical.id}};
  split_version(context, request);
  co_await context.call("lambda", "DeleteLayerVersion", std::move(request));
}

Task<void> remove_layer_permission(HandlerContext& context, Physical physical,
                                   json::object properties) {
  json::object request = {{"LayerName", text_of(properties, "LayerVersionArn")}};
  split_version(context, request);
  request["StatementId"] = physical.id;
  co_await context.call("lambda", "RemoveLayerVersionPermission", std::move(request));
}

constexpr Part kAliasParts[] = {
    {.put = "UpdateAlias",
     .request = "FunctionName Name FunctionVersion Description=Description?",
     .when = Part::When::kUpdates,
     .more = new_weights}};

// What is no longer given goes back to Lambda's default.
constexpr Part kUrlParts[] = {{.put = "UpdateFunctionUrlConfig",
                               .request =
                                   "FunctionName=TargetFunctionArn Qualifier AuthType Cors=Cors?{} "
                                   "InvokeMode=InvokeMode?BUFFERED",
                               .when = Part::When::kUpdates}};

constexpr Row kRows[] = {
    // What has not changed since the last version is not published: that version is another's.
    {.type = "AWS::Lambda::Version",
     .service = "lambda",
     .attributes = "FunctionArn=FunctionArn Version=Version",
     .made = "FunctionArn",
     .create = "PublishVersion",
     .request = "FunctionName CodeSha256 Description",
     .address = "FunctionName={id}",
     .taken = "A version for this Lambda function exists ( {@Version} ). Modify the function to "
              "create a new version.",
     .find = Row::Find::kNotThereYet,
     .listing = "ListVersionsByFunction",
     .listing_request = "FunctionName",
     .listed = "Versions",
     .listed_id = "FunctionArn",
     .remove = "DeleteFunction"},
    {.type = "AWS::Lambda::Alias",
     .service = "lambda",
     .use = {.serves = "RoutingConfig"},
     .attributes = "AliasArn={id}",
     .made = "AliasArn",
     .create = "CreateAlias",
     .request = "FunctionName Name FunctionVersion Description RoutingConfig",
     .address = "FunctionName Name",
     .find = Row::Find::kNotThereYet,
     .listing = "ListAliases",
     .listing_request = "FunctionName",
     .listed = "Aliases",
     .listed_id = "AliasArn",
     .parts = kAliasParts,
     .remove = "DeleteAlias",
     .complete = map_weights},
    {.type = "AWS::Lambda::LayerVersion",
     .service = "lambda",
     .attributes = "LayerVersionArn={id}",
     .made = "LayerVersionArn",
     .create = "PublishLayerVersion",
     .request = "LayerName Description Content CompatibleRuntimes CompatibleArchitectures "
                "LicenseInfo",
     .find = Row::Find::kNotThereYet,
     .listing = "ListLayerVersions",
     .listing_request = "LayerName",
     .listed = "LayerVersions",
     .listed_id = "LayerVersionArn",
     .complete = name_layer,
     .before_remove = delete_layer_version},
    {.type = "AWS::Lambda::LayerVersionPermission",
     .service = "lambda",
     .attributes = "Id={id}",
     .longest = 100,
     .create = "AddLayerVersionPermission",
     .request = "LayerName=LayerVersionArn Action Principal OrganizationId StatementId={id}",
     .complete = split_version,
     .before_remove = remove_layer_permission},
    {.type = "AWS::Lambda::EventInvokeConfig",
     .service = "lambda",
     .create = "PutFunctionEventInvokeConfig",
     .request = "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds "
                "DestinationConfig",
     .address = "FunctionName Qualifier",
     .read = "GetFunctionEventInvokeConfig",
     .asks_first = true,
     .taken = "EventInvokeConfig for {FunctionName} with qualifier {Qualifier} already exists.",
     .update = Row::Update::kPut,
     .remove = "DeleteFunctionEventInvokeConfig"},
    {.type = "AWS::Lambda::Url",
     .service = "lambda",
     .attributes = "FunctionUrl=FunctionUrl FunctionArn=FunctionArn",
     .made = "FunctionArn",
     .create = "CreateFunctionUrlConfig",
     .request = "FunctionName=TargetFunctionArn Qualifier AuthType Cors InvokeMode",
     .address = "FunctionName=TargetFunctionArn Qualifier",
     .find = Row::Find::kNotThereYet,
     .listing = "ListFunctionUrlConfigs",
     .listing_request = "FunctionName=TargetFunctionArn",
     .listed = "FunctionUrlConfigs",
     .listed_id = "FunctionArn",
     .parts = kUrlParts,
     .remove = "DeleteFunctionUrlConfig"}};

}  // namespace

std::span<const Row> lambda_rows() { return kRows; }

}  // namespace tandem::cloudformation
