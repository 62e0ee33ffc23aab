#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/hosted_zones.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kDomainsPerRegion = 120;

void check_security_policy(std::string_view policy) {
  if (policy == "TLS_1_2") return;
  if (policy == "TLS_1_0" || policy.starts_with("SecurityPolicy_")) {
    throw errors::not_implemented(fmt::format("securityPolicy {}", policy));
  }
  throw errors::bad_request(fmt::format("Invalid security policy specified: {}", policy));
}

/// A regional domain only: an edge-optimised one is a CloudFront distribution.
void check_endpoint(const json::object& input) {
  const json::object* endpoint = json::find_object(input, "endpointConfiguration");
  if (endpoint == nullptr) return;
  if (const json::array* types = json::find_array(*endpoint, "types")) {
    for (const json::value& type : *types) {
      if (type != "REGIONAL") {
        throw errors::not_implemented(fmt::format("Endpoint type {}", json::to_text(type)));
      }
    }
  }
  const json::array* endpoints = json::find_array(*endpoint, "vpcEndpointIds");
  if (endpoints != nullptr && !endpoints->empty()) throw errors::not_implemented("vpcEndpointIds");
  if (json::string_or(*endpoint, "ipAddressType", "ipv4") != "ipv4") {
    throw errors::not_implemented("endpointConfiguration.ipAddressType other than ipv4");
  }
}

StoredCertificate need_certificate(const State& state, const std::string& domain,
                                   const std::string& arn) {
  if (arn.empty()) {
    throw errors::bad_request("Invalid request: regionalCertificateArn must be provided");
  }
  auto certificate = state.ports.certificates.find(arn);
  if (!certificate) {
    throw errors::bad_request(
        fmt::format("Invalid certificate ARN: {}. Certificate must be in '{}'.", arn,
                    state.environment.region));
  }
  const bool covered =
      std::any_of(certificate->names.begin(), certificate->names.end(),
                  [&](const std::string& name) { return name_covers(name, domain); });
  if (!covered) {
    throw errors::bad_request(
        "The domain name to be created is not covered by the provided certificate.");
  }
  return std::move(*certificate);
}

/// "d-<10 characters>.execute-api.<region>.amazonaws.com".
std::string regional_name(State& state) {
  return fmt::format("d-{}.execute-api.{}.amazonaws.com", make_id(state.environment.random, 10),
                     state.environment.region);
}

/// Requests find a domain by its name in any case, so two that differ in case only are one.
void check_new(const State& state, const std::string& name) {
  const auto domains = state.records.domains.list();
  for (const auto& [other, domain] : domains) {
    if (core::equals_ignoring_case(other, name)) {
      throw errors::bad_request("The domain name you provided already exists.");
    }
  }
  if (domains.size() >= kDomainsPerRegion) {
    throw errors::limit_exceeded("Maximum number of custom domain names has been reached");
  }
}

PatchTable patches(const State& state) {
  return {
      {{"replace"},
       "/regionalCertificateArn",
       [&state](json::object& domain, const PatchOperation& operation) {
         need_certificate(state, text(domain, "domainName"), operation.need_value());
         domain["regionalCertificateArn"] = operation.need_value();
       }},
      {{"replace"},
       "/securityPolicy",
       [](json::object&, const PatchOperation& operation) {
         check_security_policy(operation.need_value());
       }},
  };
}

}  // namespace

Reply create_domain_name(State& state, RequestContext& context, const json::object& input) {
  const std::string name = text(input, "domainName");
  check_domain_name(name);
  check_endpoint(input);
  check_security_policy(json::string_or(input, "securityPolicy", "TLS_1_2"));
  check_new(state, name);
  const std::string arn = text(input, "regionalCertificateArn");
  const StoredCertificate certificate = need_certificate(state, name, arn);
  const std::string& region = state.environment.region;
  json::object domain{
      {"domainName", name},
      {"domainNameArn", fmt::format("arn:aws:apigateway:{}::/domainnames/{}", region, name)},
      {"regionalDomainName", regional_name(state)},
      {"regionalHostedZoneId", regional_hosted_zone_id(region)},
      {"regionalCertificateArn", arn},
      {"endpointConfiguration", {{"types", json::array{"REGIONAL"}}, {"ipAddressType", "ipv4"}}},
      {"domainNameStatus", "AVAILABLE"},
      {"securityPolicy", "TLS_1_2"},
      {"routingMode", "BASE_PATH_MAPPING_ONLY"}};
  take_tags(context, input, domain);
  state.records.domains.put(name, domain);
  state.view.load_domains(state.records);
  state.ports.tls.set(name, certificate.certificate);
  return domain;
}

Reply get_domain_name(State& state, RequestContext&, const json::object& input) {
  return need_domain(state, text(input, "domainName"));
}

Reply get_domain_names(State& state, RequestContext&, const json::object& input) {
  return list_page(input, {state.records.domains, "", nullptr,
                           [](const std::string&, json::object domain) { return domain; }});
}

Reply update_domain_name(State& state, RequestContext&, const json::object& input) {
  const std::string name = text(input, "domainName");
  json::object domain = need_domain(state, name);
  apply_patch(domain, json::find_array(input, "patchOperations"), patches(state));
  const StoredCertificate certificate =
      need_certificate(state, name, text(domain, "regionalCertificateArn"));
  state.records.domains.put(name, domain);
  state.ports.tls.set(name, certificate.certificate);
  return domain;
}

Reply delete_domain_name(State& state, RequestContext&, const json::object& input) {
  const std::string name = text(input, "domainName");
  need_domain(state, name);
  store::WriteBatch batch;
  state.records.domains.erase(batch, name);
  erase_all(batch, state.records.mappings, child_key(name));
  state.records.commit(std::move(batch));
  state.view.load_domains(state.records);
  state.ports.tls.erase(name);
  return {};
}

}  // namespace tandem::apigateway
