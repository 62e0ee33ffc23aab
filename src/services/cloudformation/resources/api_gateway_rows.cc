// API Gateway's types. What has no name in the API is found again by CloudFormation's tags.
#include "services/cloudformation/model/yaml.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

constexpr TagStyle gateway_tags(std::string_view target, bool system) {
  return {.create = "tags",
          .system = system,
          .tag = "TagResource",
          .untag = "UntagResource",
          .target = target,
          .set = "tags",
          .unset = "tagKeys"};
}

constexpr std::string_view kMethodAddress =
    "restApiId=RestApiId resourceId=ResourceId httpMethod=HttpMethod";

constexpr Part kMethodParts[] = {
    {.property = "MethodResponses",
     .each = true,
     .put = "PutMethodResponse",
     .request = "restApiId=RestApiId resourceId=ResourceId httpMethod=HttpMethod "
                "statusCode=item.StatusCode responseModels=item.ResponseModels "
                "responseParameters=item.ResponseParameters"},
    {.property = "Integration",
     .put = "PutIntegration",
     .request = "restApiId=RestApiId resourceId=ResourceId httpMethod=HttpMethod "
                "type=Integration.Type integrationHttpMethod=Integration.IntegrationHttpMethod "
                "uri=Integration.Uri connectionType=Integration.ConnectionType "
                "connectionId=Integration.ConnectionId credentials=Integration.Credentials "
                "requestParameters=Integration.RequestParameters "
                "requestTemplates=Integration.RequestTemplates "
                "passthroughBehavior=Integration.PassthroughBehavior "
                "contentHandling=Integration.ContentHandling "
                "timeoutInMillis=Integration.TimeoutInMillis "
                "cacheNamespace=Integration.CacheNamespace "
                "cacheKeyParameters=Integration.CacheKeyParameters"},
    {.property = "Integration.IntegrationResponses",
     .each = true,
     .put = "PutIntegrationResponse",
     .request = "restApiId=RestApiId resourceId=ResourceId httpMethod=HttpMethod "
                "statusCode=item.StatusCode selectionPattern=item.SelectionPattern "
                "responseParameters=item.ResponseParameters "
                "responseTemplates=item.ResponseTemplates contentHandling=item.ContentHandling"}};

// User Guide, "AWS::ApiGateway::RestApi", BinaryMediaTypes: "Slashes must be escaped with ~1. For
// example, image/png would be image~1png".
void unescape_media_types(const HandlerContext&, json::object& request) {
  json::value* types = request.if_contains("binaryMediaTypes");
  if (types == nullptr || !types->is_array()) return;
  for (json::value& type : types->get_array()) {
    if (type.is_string()) type = json::string(pointer_unescaped(json::to_std(type)));
  }
}

void check_api(const json::object& properties) {
  const bool body = properties.contains("Body");
  const bool location = properties.contains("BodyS3Location");
  if (body && location) {
    throw HandlerError("InvalidRequest", "Body and BodyS3Location cannot both be specified");
  }
  if (!body && !location && !properties.contains("Name")) {
    throw HandlerError("InvalidRequest", "Name is required without a Body");
  }
}

/// What the resource says of its name and description holds, whatever its document calls them.
std::string renamed(std::string document, const json::object& properties) {
  const std::string name = text_of(properties, "Name");
  const std::string description = text_of(properties, "Description");
  if (name.empty() && description.empty()) return document;
  auto parsed = json::parse_text(document);
  json::value value = parsed ? std::move(parsed).value() : parse_yaml(document);
  json::object* root = value.if_object();
  json::value* info = root == nullptr ? nullptr : root->if_contains("info");
  if (info == nullptr || !info->is_object()) return document;  // which API Gateway will refuse
  if (!name.empty()) info->as_object()["title"] = name;
  if (!description.empty()) info->as_object()["description"] = description;
  return json::to_text(value);
}

/// A map, although the schema calls it a document.
void set_parameters(json::object& request) {
  const auto text = json::find_string(request, "parameters");
  if (!text) return;
  auto parsed = json::parse_text(*text);
  if (!parsed || !parsed.value().is_object()) {
    throw HandlerError("InvalidRequest", "Parameters must be an object of texts");
  }
  for (auto& member : parsed.value().as_object()) {
    if (!member.value().is_string()) {
      throw HandlerError("InvalidRequest", "Parameters must be an object of texts");
    }
  }
  request["parameters"] = std::move(parsed).value();
}

Task<std::string> body_of(HandlerContext&, json::object properties, json::object* request) {
  set_parameters(*request);
  co_return renamed(document_text(properties.at("Body")), properties);
}

Task<std::string> body_in_s3(HandlerContext& context, json::object properties, json::object* put) {
  set_parameters(*put);
  const json::object& location = properties.at("BodyS3Location").as_object();
  json::object request{{"Bucket", text_of(location, "Bucket")}, {"Key", text_of(location, "Key")}};
  const std::string version = text_of(location, "Version");
  if (!version.empty()) request["VersionId"] = version;
  const std::string etag = text_of(location, "ETag");
  if (!etag.empty()) request["IfMatch"] = etag;
  aws::ApiResult found = co_await context.exchange(context.identity().region, "s3", "GetObject",
                                                   std::move(request), "");
  co_return renamed(std::move(found.payload), properties);
}

constexpr Part kApiParts[] = {
    {.property = "Body",
     .put = "PutRestApi",
     .request = "restApiId={id} body=Body mode=Mode|merge failOnWarnings=FailOnWarnings "
                "parameters=Parameters",
     .payload = "body",
     .content = body_of},
    {.property = "BodyS3Location",
     .put = "PutRestApi",
     .request = "restApiId={id} body=BodyS3Location mode=Mode|merge failOnWarnings=FailOnWarnings "
                "parameters=Parameters",
     .payload = "body",
     .content = body_in_s3},
};

// The one of the region: whoever is made last decides. Without a role there is none afterwards.
void patch_account(const HandlerContext&, json::object& request) {
  Patch patch;
  patch.add("replace", "/cloudwatchRoleArn", json::string_or(request, "patchOperations"));
  request["patchOperations"] = patch.take();
}

constexpr Row kRows[] = {
    // It stays when its stack goes, since APIs of others may need it.
    {.type = "AWS::ApiGateway::Account",
     .service = "apigateway",
     .identifier = "Id",
     .attributes = "Id={id}",
     .create = "UpdateAccount",
     .request = "patchOperations=CloudWatchRoleArn",
     .update = Row::Update::kPut,
     .complete = patch_account},
    {.type = "AWS::ApiGateway::RestApi",
     .service = "apigateway",
     .use = {.refuses = "EndpointConfiguration/IpAddressType"},
     .identifier = "RestApiId",
     .attributes = "RestApiId={id} RootResourceId=items[path=/].id",
     .made = "id",
     .names = "name",
     .create = "CreateRestApi",
     .request = "Name Description apiKeySource=ApiKeySourceType BinaryMediaTypes "
                "MinimumCompressionSize DisableExecuteApiEndpoint EndpointConfiguration Policy",
     .address = "restApiId={id}",
     .read = "GetResources",
     .read_request = "restApiId={id} limit=:500",
     .reads_back = true,
     .find = Row::Find::kByTags,
     .listing = "GetRestApis",
     .listing_request = "limit=:500",
     .listed = "items",
     .patch = "UpdateRestApi",
     .patches = "/name=Name /description=Description /apiKeySource=ApiKeySourceType|HEADER "
                "/disableExecuteApiEndpoint=DisableExecuteApiEndpoint|false "
                "/binaryMediaTypes=BinaryMediaTypes /policy=Policy "
                "/minimumCompressionSize=MinimumCompressionSize "
                "/endpointConfiguration/types!=EndpointConfiguration.Types|EDGE",
     .parts = kApiParts,
     .tags = gateway_tags("resourceArn=arn:aws:apigateway:{region}::/restapis/{id}", true),
     .remove = "DeleteRestApi",
     .check = check_api,
     .complete = unescape_media_types},
    {.type = "AWS::ApiGateway::Resource",
     .service = "apigateway",
     .attributes = "ResourceId={id}",
     .made = "id",
     .create = "CreateResource",
     .request = "RestApiId ParentId PathPart",
     .address = "restApiId=RestApiId resourceId={id}",
     .find = Row::Find::kNotThereYet,
     .listing = "GetResources",
     .listing_request = "restApiId=RestApiId limit=:500",
     .listed = "items",
     .alike = "parentId=ParentId pathPart=PathPart",
     .remove = "DeleteResource"},
    // A method is only ever read through a deployment's snapshot, so taking it away and putting it
    // again is not seen by anyone.
    {.type = "AWS::ApiGateway::Method",
     .service = "apigateway",
     .use = {.refuses = "Integration/IntegrationTarget Integration/ResponseTransferMode"},
     .create = "PutMethod",
     .request = "RestApiId ResourceId HttpMethod authorizationType=AuthorizationType|NONE "
                "ApiKeyRequired AuthorizerId AuthorizationScopes OperationName RequestModels "
                "RequestParameters RequestValidatorId",
     .address = kMethodAddress,
     .read = "GetMethod",
     .asks_first = true,
     .update = Row::Update::kRemake,
     .parts = kMethodParts,
     .remove = "DeleteMethod"},
    {.type = "AWS::ApiGateway::GatewayResponse",
     .service = "apigateway",
     .attributes = "Id={id}",
     .id = "{RestApiId}-{ResponseType}",
     .create = "PutGatewayResponse",
     .request = "RestApiId ResponseType StatusCode ResponseParameters ResponseTemplates",
     .address = "restApiId=RestApiId responseType=ResponseType",
     .update = Row::Update::kPut,
     .remove = "DeleteGatewayResponse"},
    {.type = "AWS::ApiGateway::ApiKey",
     .service = "apigateway",
     .name = "Name",
     .identifier = "APIKeyId",
     .attributes = "APIKeyId={id}",
     .made = "id",
     .names = "name",
     .create = "CreateApiKey",
     // As in the API, a key made by CloudFormation is off unless it says otherwise.
     .request = "Name Description CustomerId enabled=Enabled|false "
                "GenerateDistinctId Value StageKeys",
     .address = "apiKey={id}",
     .read = "GetApiKey",
     .find = Row::Find::kByTags,
     .listing = "GetApiKeys",
     .listing_request = "limit=:500",
     .listed = "items",
     .patch = "UpdateApiKey",
     .patches = "/description=Description /customerId=CustomerId /enabled=Enabled|false",
     .tags = gateway_tags("resourceArn=arn:aws:apigateway:{region}::/apikeys/{id}", true),
     .remove = "DeleteApiKey"},
    {.type = "AWS::ApiGateway::UsagePlanKey",
     .service = "apigateway",
     .attributes = "Id={id}",
     .id = "{KeyId}:{UsagePlanId}",
     .create = "CreateUsagePlanKey",
     .request = "UsagePlanId KeyId KeyType",
     .address = "usagePlanId=UsagePlanId keyId=KeyId",
     .read = "GetUsagePlanKey",
     .asks_first = true,
     .remove = "DeleteUsagePlanKey"},
    {.type = "AWS::ApiGateway::DomainName",
     .service = "apigateway",
     .use = {.refuses = "EndpointConfiguration/IpAddressType"},
     .name = "DomainName",
     .identifier = "DomainName",
     .attributes = "DomainNameArn=arn:aws:apigateway:{region}::/domainnames/{id} "
                   "RegionalDomainName=regionalDomainName "
                   "RegionalHostedZoneId=regionalHostedZoneId "
                   "DistributionDomainName=distributionDomainName "
                   "DistributionHostedZoneId=distributionHostedZoneId",
     .id = "{DomainName}",
     .create = "CreateDomainName",
     .request = "DomainName CertificateArn RegionalCertificateArn SecurityPolicy "
                "EndpointConfiguration",
     .address = "domainName={id}",
     .read = "GetDomainName",
     .patch = "UpdateDomainName",
     .patches = "/regionalCertificateArn=RegionalCertificateArn /certificateArn=CertificateArn "
                "/securityPolicy=SecurityPolicy|TLS_1_2",
     .tags = gateway_tags("resourceArn=arn:aws:apigateway:{region}::/domainnames/{id}", false),
     .remove = "DeleteDomainName",
     .busy = "domainNameStatus=UPDATING domainNameStatus=PENDING "
             "domainNameStatus=PENDING_CERTIFICATE_REIMPORT "
             "domainNameStatus=PENDING_OWNERSHIP_VERIFICATION"},
    {.type = "AWS::ApiGateway::BasePathMapping",
     .service = "apigateway",
     .create = "CreateBasePathMapping",
     .request = "DomainName BasePath RestApiId Stage",
     .address = "domainName=DomainName basePath={BasePath|(none)}",
     .read = "GetBasePathMapping",
     .asks_first = true,
     .patch = "UpdateBasePathMapping",
     .patches = "/restapiId=RestApiId /stage=Stage",
     .remove = "DeleteBasePathMapping"},
};

}  // namespace

std::span<const Row> api_gateway_rows() { return kRows; }

}  // namespace tandem::cloudformation
