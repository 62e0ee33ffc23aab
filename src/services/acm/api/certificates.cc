// Lookup, description, retrieval and deletion.
#include "aws/arn.h"
#include "services/acm/errors.h"
#include "services/acm/model/x509.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

constexpr std::string_view kResource = "certificate/";

json::array named(const json::array& names) {
  json::array objects;
  for (const json::value& each : names) objects.push_back(json::object{{"Name", each}});
  return objects;
}

}  // namespace

std::string arn_of(const State& state, std::string_view id) {
  return aws::make_arn("acm", state.environment.region, state.environment.account(),
                       std::string(kResource) + std::string(id));
}

std::string id_of(const State& state, const std::string& arn) {
  const auto parsed = aws::Arn::parse(arn);
  if (!parsed || parsed->service != "acm" || !parsed->resource.starts_with(kResource)) {
    throw errors::invalid_arn(arn);
  }
  std::string id = parsed->resource.substr(kResource.size());
  if (arn != arn_of(state, id)) throw errors::no_such_certificate(arn);
  return id;
}

json::object need_certificate(const State& state, const std::string& arn) {
  auto record = state.certificates.get(id_of(state, arn));
  if (!record) throw errors::no_such_certificate(arn);
  return std::move(*record);
}

std::vector<std::string> users_of(const State& state, const std::string& arn) {
  return state.users == nullptr ? std::vector<std::string>() : state.users->users_of(arn);
}

std::string status_of(const State& state, const json::object& record) {
  const bool expired = json::int_or(record, "NotAfter", 0) <= state.environment.clock.now_s();
  return expired ? "EXPIRED" : "ISSUED";
}

std::string shown_algorithm(const json::object& record) {
  std::string algorithm = json::string_or(record, "KeyAlgorithm");
  if (algorithm.starts_with("RSA_")) algorithm[3] = '-';
  return algorithm;
}

json::object facts_document(const CertificateFacts& facts) {
  json::array names;
  for (const std::string& each : facts.names) names.push_back(json::value(each));
  json::array usages;
  for (const std::string& each : facts.key_usages) usages.push_back(json::value(each));
  json::array extended;
  for (const ExtendedUsage& each : facts.extended_usages) {
    json::object usage{{"Name", each.name}};
    if (!each.oid.empty()) usage["OID"] = each.oid;
    extended.push_back(std::move(usage));
  }
  return {{"DomainName", facts.names.empty() ? std::string() : facts.names.front()},
          {"SubjectAlternativeNames", std::move(names)},
          {"Serial", facts.serial},
          {"Subject", facts.subject},
          {"Issuer", facts.issuer},
          {"NotBefore", facts.not_before_s},
          {"NotAfter", facts.not_after_s},
          {"KeyAlgorithm", facts.key_algorithm},
          {"SignatureAlgorithm", facts.signature_algorithm},
          {"KeyUsages", std::move(usages)},
          {"ExtendedKeyUsages", std::move(extended)}};
}

Reply describe_certificate(State& state, RequestContext&, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  json::object detail = need_certificate(state, arn);
  for (const char* hidden : {"certificate", "chain", "tags", "token"}) detail.erase(hidden);
  detail["CertificateArn"] = arn;
  detail["Status"] = status_of(state, detail);
  detail["KeyAlgorithm"] = shown_algorithm(detail);
  detail["KeyUsages"] = named(detail.at("KeyUsages").as_array());
  json::array in_use;
  for (const std::string& user : users_of(state, arn)) in_use.push_back(json::value(user));
  detail["InUseBy"] = std::move(in_use);
  detail["RenewalEligibility"] = "INELIGIBLE";
  return json::object{{"Certificate", std::move(detail)}};
}

Reply get_certificate(State& state, RequestContext&, const json::object& input) {
  const json::object record = need_certificate(state, json::string_or(input, "CertificateArn"));
  json::object output{{"Certificate", record.at("certificate")}};
  if (!record.at("chain").as_string().empty()) output["CertificateChain"] = record.at("chain");
  return output;
}

Reply delete_certificate(State& state, RequestContext&, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  need_certificate(state, arn);
  if (!users_of(state, arn).empty()) throw errors::in_use(arn, state.environment.account());
  state.certificates.erase(id_of(state, arn));
  return {};
}

}  // namespace tandem::acm
