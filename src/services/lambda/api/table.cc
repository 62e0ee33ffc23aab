// Every operation of Lambda with the members it honours.
#include "service/table.h"

#include <array>

#include "services/lambda/api/urls.h"

namespace tandem::lambda::api {
namespace {

using service::Operation;
using service::row;
using Accepts = std::vector<std::string_view>;

/// Members of a configuration. Some are accepted only with the value that means "not used".
Accepts with_configuration(Accepts more) {
  constexpr std::array<std::string_view, 17> kMembers = {"FunctionName",
                                                         "Runtime",
                                                         "Role",
                                                         "Handler",
                                                         "Description",
                                                         "Timeout",
                                                         "MemorySize",
                                                         "VpcConfig",
                                                         "DeadLetterConfig",
                                                         "Environment",
                                                         "KMSKeyArn",
                                                         "TracingConfig",
                                                         "Layers",
                                                         "EphemeralStorage",
                                                         "SnapStart",
                                                         "LoggingConfig",
                                                         "VpcConfig.Ipv6AllowedForDualStack=false"};
  more.insert(more.end(), kMembers.begin(), kMembers.end());
  return more;
}

std::vector<Operation> of_functions(Scope& s) {
  return {
      row(s, "CreateFunction", create_function,
          with_configuration(
              {"Code", "Publish", "PackageType", "Tags", "Architectures", "FileSystemConfigs"})),
      row(s, "GetFunction", get_function, {"FunctionName", "Qualifier"}),
      row(s, "GetFunctionConfiguration", get_function_configuration, {"FunctionName", "Qualifier"}),
      row(s, "ListFunctions", list_functions, {"FunctionVersion", "Marker", "MaxItems"}),
      row(s, "UpdateFunctionCode", update_function_code,
          {"FunctionName", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "Publish", "DryRun",
           "RevisionId", "Architectures"}),
      row(s, "UpdateFunctionConfiguration", update_function_configuration,
          with_configuration({"RevisionId", "FileSystemConfigs"})),
      row(s, "DeleteFunction", delete_function, {"FunctionName", "Qualifier"}),
      row(s, "Invoke", invoke,
          {"FunctionName", "InvocationType", "LogType", "ClientContext", "Payload", "Qualifier"}),
      row(s, "InvokeWithResponseStream", invoke_with_response_stream,
          {"FunctionName", "InvocationType", "LogType", "ClientContext", "Payload", "Qualifier"}),
      row(s, "AddPermission", add_permission,
          {"FunctionName", "StatementId", "Action", "Principal", "SourceArn", "SourceAccount",
           "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Qualifier", "RevisionId"}),
      row(s, "RemovePermission", remove_permission,
          {"FunctionName", "StatementId", "Qualifier", "RevisionId"}),
      row(s, "GetPolicy", get_policy, {"FunctionName", "Qualifier"}),
      row(s, "TagResource", tag_resource, {"Resource", "Tags"}),
      row(s, "UntagResource", untag_resource, {"Resource", "TagKeys"}),
      row(s, "ListTags", list_tags, {"Resource"}),
      row(s, "PutFunctionConcurrency", put_function_concurrency,
          {"FunctionName", "ReservedConcurrentExecutions"}),
      row(s, "GetFunctionConcurrency", get_function_concurrency, {"FunctionName"}),
      row(s, "DeleteFunctionConcurrency", delete_function_concurrency, {"FunctionName"}),
  };
}

std::vector<Operation> of_versions(Scope& s) {
  return {
      row(s, "PublishVersion", publish_version,
          {"FunctionName", "CodeSha256", "Description", "RevisionId"}),
      row(s, "ListVersionsByFunction", list_versions_by_function,
          {"FunctionName", "Marker", "MaxItems"}),
      row(s, "CreateAlias", create_alias,
          {"FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig"}),
      row(s, "GetAlias", get_alias, {"FunctionName", "Name"}),
      row(s, "UpdateAlias", update_alias,
          {"FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig",
           "RevisionId"}),
      row(s, "DeleteAlias", delete_alias, {"FunctionName", "Name"}),
      row(s, "ListAliases", list_aliases,
          {"FunctionName", "FunctionVersion", "Marker", "MaxItems"}),
  };
}

std::vector<Operation> of_layers(Scope& s) {
  return {
      row(s, "PublishLayerVersion", publish_layer_version,
          {"LayerName", "Description", "Content", "CompatibleRuntimes", "LicenseInfo",
           "CompatibleArchitectures"}),
      row(s, "GetLayerVersion", get_layer_version, {"LayerName", "VersionNumber"}),
      row(s, "GetLayerVersionByArn", get_layer_version_by_arn, {"Arn"}),
      row(s, "ListLayers", list_layers,
          {"CompatibleRuntime", "CompatibleArchitecture", "Marker", "MaxItems"}),
      row(s, "ListLayerVersions", list_layer_versions,
          {"LayerName", "CompatibleRuntime", "CompatibleArchitecture", "Marker", "MaxItems"}),
      row(s, "DeleteLayerVersion", delete_layer_version, {"LayerName", "VersionNumber"}),
      row(s, "AddLayerVersionPermission", add_layer_version_permission,
          {"LayerName", "VersionNumber", "StatementId", "Action", "Principal", "OrganizationId",
           "RevisionId"}),
      row(s, "RemoveLayerVersionPermission", remove_layer_version_permission,
          {"LayerName", "VersionNumber", "StatementId", "RevisionId"}),
      row(s, "GetLayerVersionPolicy", get_layer_version_policy, {"LayerName", "VersionNumber"}),
  };
}

std::vector<Operation> of_account(Scope& s) {
  return {
      row(s, "GetAccountSettings", get_account_settings, {}),
      row(s, "GetFunctionCodeSigningConfig", get_function_code_signing_config, {"FunctionName"}),
      row(s, "GetProvisionedConcurrencyConfig", get_provisioned_concurrency_config,
          {"FunctionName", "Qualifier"}),
      row(s, "ListProvisionedConcurrencyConfigs", list_provisioned_concurrency_configs,
          {"FunctionName", "Marker", "MaxItems"}),
  };
}

std::vector<Operation> of_async_settings(Scope& s) {
  const Accepts settings = {"FunctionName", "Qualifier", "MaximumRetryAttempts",
                            "MaximumEventAgeInSeconds", "DestinationConfig"};
  return {
      row(s, "PutFunctionEventInvokeConfig", put_function_event_invoke_config, settings),
      row(s, "UpdateFunctionEventInvokeConfig", update_function_event_invoke_config, settings),
      row(s, "GetFunctionEventInvokeConfig", get_function_event_invoke_config,
          {"FunctionName", "Qualifier"}),
      row(s, "DeleteFunctionEventInvokeConfig", delete_function_event_invoke_config,
          {"FunctionName", "Qualifier"}),
      row(s, "ListFunctionEventInvokeConfigs", list_function_event_invoke_configs,
          {"FunctionName", "Marker", "MaxItems"}),
  };
}

std::vector<Operation> of_urls(Scope& s) {
  const Accepts settings = {"FunctionName", "Qualifier", "AuthType", "Cors", "InvokeMode"};
  return {
      row(s, "CreateFunctionUrlConfig", create_function_url_config, settings),
      row(s, "GetFunctionUrlConfig", get_function_url_config, {"FunctionName", "Qualifier"}),
      row(s, "UpdateFunctionUrlConfig", update_function_url_config, settings),
      row(s, "DeleteFunctionUrlConfig", delete_function_url_config, {"FunctionName", "Qualifier"}),
      row(s, "ListFunctionUrlConfigs", list_function_url_configs,
          {"FunctionName", "Marker", "MaxItems"}),
  };
}

}  // namespace

std::vector<Operation> table(Scope& scope) {
  std::vector<Operation> all;
  for (const auto rows :
       {of_functions, of_versions, of_layers, of_account, of_async_settings, of_urls}) {
    for (Operation& each : rows(scope)) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace tandem::lambda::api
