#include "service/table.h"

#include "services/apigateway/api/operations.h"

namespace tandem::apigateway {
namespace {

using Call = Reply (*)(State&, RequestContext&, const json::object&);
using Accepts = std::vector<std::string_view>;

struct Row {
  std::string_view name;
  Call call;
  Accepts accepts;
};

// Members that are accepted for one value only: endpointConfiguration.types EDGE and REGIONAL (both
// served by the region), CreateRestApi policy "", PutMethod
// authorizationType NONE and CUSTOM, CreateAuthorizer type TOKEN and REQUEST, PutGatewayResponse's
// static headers and default template, PutIntegration connectionType INTERNET, cacheClusterEnabled
// and tracingEnabled false, securityPolicy TLS_1_2. cacheNamespace and cacheKeyParameters say what
// a cache would do: as on AWS, nothing without one.
std::vector<Row> api_rows() {
  return {
      {"CreateRestApi",
       create_rest_api,
       {"name", "description", "version", "binaryMediaTypes", "minimumCompressionSize",
        "apiKeySource", "endpointConfiguration", "endpointConfiguration.ipAddressType", "policy",
        "tags", "disableExecuteApiEndpoint"}},
      {"GetRestApi", get_rest_api, {"restApiId"}},
      {"GetRestApis", get_rest_apis, {"position", "limit"}},
      {"UpdateRestApi", update_rest_api, {"restApiId", "patchOperations"}},
      {"DeleteRestApi", delete_rest_api, {"restApiId"}},
      {"CreateResource", create_resource, {"restApiId", "parentId", "pathPart"}},
      {"GetResource", get_resource, {"restApiId", "resourceId", "embed"}},
      {"GetResources", get_resources, {"restApiId", "position", "limit", "embed"}},
      {"UpdateResource", update_resource, {"restApiId", "resourceId", "patchOperations"}},
      {"DeleteResource", delete_resource, {"restApiId", "resourceId"}},
      {"PutMethod",
       put_method,
       {"restApiId", "resourceId", "httpMethod", "authorizationType", "apiKeyRequired",
        "operationName", "requestParameters", "requestModels", "requestValidatorId",
        "authorizerId"}},
      {"GetMethod", get_method, {"restApiId", "resourceId", "httpMethod"}},
      {"UpdateMethod", update_method, {"restApiId", "resourceId", "httpMethod", "patchOperations"}},
      {"DeleteMethod", delete_method, {"restApiId", "resourceId", "httpMethod"}},
      {"PutMethodResponse",
       put_method_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode", "responseParameters",
        "responseModels"}},
      {"GetMethodResponse",
       get_method_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode"}},
      {"UpdateMethodResponse",
       update_method_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode", "patchOperations"}},
      {"DeleteMethodResponse",
       delete_method_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode"}},
      {"PutIntegration",
       put_integration,
       {"restApiId", "resourceId", "httpMethod", "type", "integrationHttpMethod", "uri",
        "connectionType", "credentials", "requestParameters", "requestTemplates",
        "passthroughBehavior", "contentHandling", "timeoutInMillis", "cacheNamespace",
        "cacheKeyParameters", "tlsConfig", "responseTransferMode=BUFFERED"}},
      {"GetIntegration", get_integration, {"restApiId", "resourceId", "httpMethod"}},
      {"UpdateIntegration",
       update_integration,
       {"restApiId", "resourceId", "httpMethod", "patchOperations"}},
      {"DeleteIntegration", delete_integration, {"restApiId", "resourceId", "httpMethod"}},
      {"PutIntegrationResponse",
       put_integration_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode", "selectionPattern",
        "responseParameters", "responseTemplates", "contentHandling"}},
      {"GetIntegrationResponse",
       get_integration_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode"}},
      {"UpdateIntegrationResponse",
       update_integration_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode", "patchOperations"}},
      {"DeleteIntegrationResponse",
       delete_integration_response,
       {"restApiId", "resourceId", "httpMethod", "statusCode"}},
      {"PutGatewayResponse",
       put_gateway_response,
       {"restApiId", "responseType", "statusCode", "responseParameters", "responseTemplates"}},
      {"GetGatewayResponse", get_gateway_response, {"restApiId", "responseType"}},
      {"GetGatewayResponses", get_gateway_responses, {"restApiId", "position", "limit"}},
      {"DeleteGatewayResponse", delete_gateway_response, {"restApiId", "responseType"}},
  };
}

std::vector<Row> model_rows() {
  return {
      {"GetModel", get_model, {"restApiId", "modelName", "flatten"}},
      {"GetModels", get_models, {"restApiId", "position", "limit"}},
      {"DeleteModel", delete_model, {"restApiId", "modelName"}},
      {"GetModelTemplate", get_model_template, {"restApiId", "modelName"}},
      {"CreateRequestValidator",
       create_request_validator,
       {"restApiId", "name", "validateRequestBody", "validateRequestParameters"}},
      {"GetRequestValidator", get_request_validator, {"restApiId", "requestValidatorId"}},
      {"GetRequestValidators", get_request_validators, {"restApiId", "position", "limit"}},
      {"UpdateRequestValidator",
       update_request_validator,
       {"restApiId", "requestValidatorId", "patchOperations"}},
      {"DeleteRequestValidator", delete_request_validator, {"restApiId", "requestValidatorId"}},
  };
}

std::vector<Row> authorizer_rows() {
  return {
      {"CreateAuthorizer",
       create_authorizer,
       {"restApiId", "name", "type", "authType", "authorizerUri", "identitySource",
        "identityValidationExpression", "authorizerResultTtlInSeconds"}},
      {"GetAuthorizer", get_authorizer, {"restApiId", "authorizerId"}},
      {"GetAuthorizers", get_authorizers, {"restApiId", "position", "limit"}},
      {"UpdateAuthorizer", update_authorizer, {"restApiId", "authorizerId", "patchOperations"}},
      {"DeleteAuthorizer", delete_authorizer, {"restApiId", "authorizerId"}},
      {"FlushStageAuthorizersCache", flush_stage_authorizers_cache, {"restApiId", "stageName"}},
  };
}

std::vector<Row> stage_rows() {
  return {
      {"CreateDeployment",
       create_deployment,
       {"restApiId", "stageName", "stageDescription", "description", "variables",
        "cacheClusterEnabled", "tracingEnabled"}},
      {"GetDeployment", get_deployment, {"restApiId", "deploymentId", "embed"}},
      {"GetDeployments", get_deployments, {"restApiId", "position", "limit"}},
      {"UpdateDeployment", update_deployment, {"restApiId", "deploymentId", "patchOperations"}},
      {"DeleteDeployment", delete_deployment, {"restApiId", "deploymentId"}},
      {"CreateStage",
       create_stage,
       {"restApiId", "stageName", "deploymentId", "description", "variables", "tags",
        "cacheClusterEnabled", "tracingEnabled"}},
      {"GetStage", get_stage, {"restApiId", "stageName"}},
      {"GetStages", get_stages, {"restApiId", "deploymentId"}},
      {"UpdateStage", update_stage, {"restApiId", "stageName", "patchOperations"}},
      {"DeleteStage", delete_stage, {"restApiId", "stageName"}},
  };
}

std::vector<Row> key_rows() {
  return {
      {"CreateApiKey",
       create_api_key,
       {"name", "description", "enabled", "generateDistinctId", "value", "stageKeys", "customerId",
        "tags"}},
      {"GetApiKey", get_api_key, {"apiKey", "includeValue"}},
      {"GetApiKeys",
       get_api_keys,
       {"position", "limit", "nameQuery", "customerId", "includeValues"}},
      {"UpdateApiKey", update_api_key, {"apiKey", "patchOperations"}},
      {"DeleteApiKey", delete_api_key, {"apiKey"}},
      {"CreateUsagePlan",
       create_usage_plan,
       {"name", "description", "apiStages", "throttle", "quota", "tags"}},
      {"GetUsagePlan", get_usage_plan, {"usagePlanId"}},
      {"GetUsagePlans", get_usage_plans, {"position", "keyId", "limit"}},
      {"UpdateUsagePlan", update_usage_plan, {"usagePlanId", "patchOperations"}},
      {"DeleteUsagePlan", delete_usage_plan, {"usagePlanId"}},
      {"CreateUsagePlanKey", create_usage_plan_key, {"usagePlanId", "keyId", "keyType"}},
      {"GetUsagePlanKey", get_usage_plan_key, {"usagePlanId", "keyId"}},
      {"GetUsagePlanKeys", get_usage_plan_keys, {"usagePlanId", "position", "limit", "nameQuery"}},
      {"DeleteUsagePlanKey", delete_usage_plan_key, {"usagePlanId", "keyId"}},
  };
}

std::vector<Row> domain_rows() {
  return {
      {"CreateDomainName",
       create_domain_name,
       {"domainName", "regionalCertificateArn", "endpointConfiguration",
        "endpointConfiguration.ipAddressType", "tags", "securityPolicy",
        "routingMode=BASE_PATH_MAPPING_ONLY"}},
      {"GetDomainName", get_domain_name, {"domainName"}},
      {"GetDomainNames", get_domain_names, {"position", "limit"}},
      {"UpdateDomainName", update_domain_name, {"domainName", "patchOperations"}},
      {"DeleteDomainName", delete_domain_name, {"domainName"}},
      {"CreateBasePathMapping",
       create_base_path_mapping,
       {"domainName", "basePath", "restApiId", "stage"}},
      {"GetBasePathMapping", get_base_path_mapping, {"domainName", "basePath"}},
      {"GetBasePathMappings", get_base_path_mappings, {"domainName", "position", "limit"}},
      {"UpdateBasePathMapping",
       update_base_path_mapping,
       {"domainName", "basePath", "patchOperations"}},
      {"DeleteBasePathMapping", delete_base_path_mapping, {"domainName", "basePath"}},
      {"GetAccount", get_account, {}},
      {"TagResource", tag_resource, {"resourceArn", "tags"}},
      {"UntagResource", untag_resource, {"resourceArn", "tagKeys"}},
      {"GetTags", get_tags, {"resourceArn"}},
  };
}

}  // namespace

std::vector<service::Operation> operations(State& state) {
  std::vector<service::Operation> table;
  for (auto make : {api_rows, model_rows, authorizer_rows, stage_rows, key_rows, domain_rows}) {
    for (Row& row : make()) {
      table.push_back(service::row(state, row.name, row.call, std::move(row.accepts)));
    }
  }
  table.push_back(service::row(state, "CreateModel", create_model,
                               {"restApiId", "name", "description", "schema", "contentType"}));
  table.push_back(service::row(state, "UpdateModel", update_model,
                               {"restApiId", "modelName", "patchOperations"}));
  table.push_back(service::row(state, "ImportRestApi", import_rest_api,
                               {"failOnWarnings", "parameters", "body"}));
  table.push_back(service::row(state, "PutRestApi", put_rest_api,
                               {"restApiId", "mode", "failOnWarnings", "parameters", "body"}));
  table.push_back(service::row(state, "GetExport", get_export,
                               {"restApiId", "stageName", "exportType", "parameters", "accepts"}));
  table.push_back(service::row(state, "UpdateAccount", update_account, {"patchOperations"}));
  table.push_back(service::row(state, "TestInvokeAuthorizer", test_invoke_authorizer,
                               {"restApiId", "authorizerId", "headers", "multiValueHeaders",
                                "pathWithQueryString", "stageVariables"}));
  return table;
}

}  // namespace tandem::apigateway
