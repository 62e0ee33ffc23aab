// DomainName and BasePathMapping.
#include <fmt/format.h>

#include "services/cloudformation/resources/api_gateway.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class DomainName final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = pick(properties, {{"DomainName", "domainName"},
                                             {"CertificateArn", "certificateArn"},
                                             {"RegionalCertificateArn", "regionalCertificateArn"},
                                             {"SecurityPolicy", "securityPolicy"}});
    if (const auto* endpoint = json::find_object(properties, "EndpointConfiguration")) {
      request["endpointConfiguration"] = pick(*endpoint, {{"Types", "types"}});
    }
    const json::object tags = tag_map(properties);
    if (!tags.empty()) request["tags"] = tags;
    Physical physical;
    physical.id = text_of(properties, "DomainName");
    context.intend(physical);
    json::object made = co_await context.call("apigateway", "CreateDomainName", std::move(request));
    physical.id = json::string_or(made, "domainName");
    const std::string status = json::string_or(made, "domainNameStatus", "AVAILABLE");
    physical.attributes = attributes(context, made);
    context.claim(physical);
    for (bool ready = status == "AVAILABLE"; !ready;) {
      co_await context.pause();
      json::object again{{"domainName", physical.id}};
      json::object found = co_await context.call("apigateway", "GetDomainName", std::move(again));
      ready = json::string_or(found, "domainNameStatus", "AVAILABLE") == "AVAILABLE";
      physical.attributes = attributes(context, found);
    }
    co_return physical;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"domainName", std::move(identifier)}};
    json::object found = co_await context.call("apigateway", "GetDomainName", std::move(request));
    co_return Physical{json::string_or(found, "domainName"), attributes(context, found)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    if (differs(before, after, "EndpointConfiguration")) {
      throw HandlerError("NotUpdatable", "EndpointConfiguration cannot be changed");
    }
    Patch patch;
    patch.replace_if_changed(before, after, "RegionalCertificateArn", "/regionalCertificateArn");
    patch.replace_if_changed(before, after, "CertificateArn", "/certificateArn");
    patch.replace_if_changed(before, after, "SecurityPolicy", "/securityPolicy", "TLS_1_2");
    if (!patch.empty()) {
      json::object request{{"domainName", physical.id}, {"patchOperations", patch.take()}};
      json::object found =
          co_await context.call("apigateway", "UpdateDomainName", std::move(request));
      physical.attributes = attributes(context, found);
    }
    co_await update_gateway_tags(context, "/domainnames/" + physical.id, before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"domainName", physical.id}};
    co_await context.call("apigateway", "DeleteDomainName", std::move(request));
  }

 private:
  static json::object attributes(const HandlerContext& context, const json::object& domain) {
    json::object result = pick(domain, {{"regionalDomainName", "RegionalDomainName"},
                                        {"regionalHostedZoneId", "RegionalHostedZoneId"},
                                        {"distributionDomainName", "DistributionDomainName"},
                                        {"distributionHostedZoneId", "DistributionHostedZoneId"}});
    result["DomainNameArn"] =
        fmt::format("arn:aws:apigateway:{}::/domainnames/{}", context.identity().region,
                    json::string_or(domain, "domainName"));
    return result;
  }
};

std::string path_of(const json::object& properties) {
  const std::string path = text_of(properties, "BasePath");
  return path.empty() ? "(none)" : path;
}

class BasePathMapping final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = pick(properties, {{"DomainName", "domainName"},
                                             {"BasePath", "basePath"},
                                             {"RestApiId", "restApiId"},
                                             {"Stage", "stage"}});
    Physical physical;
    physical.id = context.generated_name(128);
    json::object asked{{"domainName", text_of(properties, "DomainName")},
                       {"basePath", path_of(properties)}};
    const bool taken =
        co_await exists(context, "apigateway", "GetBasePathMapping", std::move(asked));
    if (!taken) context.intend(physical);
    co_await context.call("apigateway", "CreateBasePathMapping", std::move(request));
    co_return physical;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    Patch patch;
    patch.replace_if_changed(before, after, "RestApiId", "/restapiId");
    patch.replace_if_changed(before, after, "Stage", "/stage");
    if (!patch.empty()) {
      json::object request{{"domainName", text_of(after, "DomainName")},
                           {"basePath", path_of(after)},
                           {"patchOperations", patch.take()}};
      co_await context.call("apigateway", "UpdateBasePathMapping", std::move(request));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    json::object request{{"domainName", text_of(properties, "DomainName")},
                         {"basePath", path_of(properties)}};
    co_await context.call("apigateway", "DeleteBasePathMapping", std::move(request));
  }
};

}  // namespace

ResourceType api_gateway_domain_name() {
  return importable_by("DomainName",
                       declare("AWS::ApiGateway::DomainName",
                               {.serves = "CertificateArn DomainName EndpointConfiguration "
                                          "RegionalCertificateArn SecurityPolicy Tags",
                                .refuses = "EndpointConfiguration/IpAddressType"},
                               {"DomainNameArn", "RegionalHostedZoneId", "DistributionDomainName",
                                "RegionalDomainName", "DistributionHostedZoneId"},
                               "DomainName", std::make_unique<DomainName>()));
}

ResourceType api_gateway_base_path_mapping() {
  return declare("AWS::ApiGateway::BasePathMapping",
                 {.serves = "BasePath DomainName RestApiId Stage"}, {}, "",
                 std::make_unique<BasePathMapping>());
}

}  // namespace tandem::cloudformation
