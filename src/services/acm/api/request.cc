#include "core/ids.h"
#include "core/text.h"
#include "services/acm/errors.h"
#include "services/acm/model/domains.h"
#include "services/acm/model/x509.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

constexpr std::int64_t kTokenLifetime_s = 3'600;
constexpr std::size_t kMaxNames = 100;

aws::ApiError bad_domain(std::string_view value, std::string_view path) {
  return errors::validation(fmt::format(
      "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must "
      "satisfy regular expression pattern: "
      "^(\\*\\.)?(((?!-)[A-Za-z0-9-]{{0,62}}[A-Za-z0-9])\\.)+((?!-)[A-Za-z0-9-]{{1,62}}"
      "[A-Za-z0-9])$",
      value, path));
}

std::vector<std::string> requested_names(const json::object& input) {
  const std::string domain = json::string_or(input, "DomainName");
  if (!is_domain_name(domain)) throw bad_domain(domain, "domainName");
  std::vector<std::string> alternatives;
  if (const json::array* given = json::find_array(input, "SubjectAlternativeNames")) {
    for (const json::value& each : *given) {
      alternatives.push_back(json::to_std(each));
      if (!is_domain_name(alternatives.back())) {
        throw bad_domain(alternatives.back(), "subjectAlternativeNames");
      }
    }
  }
  std::vector<std::string> names = distinct_names(domain, alternatives);
  if (names.size() > kMaxNames) {
    throw errors::limit_exceeded(fmt::format("At most {} names per certificate", kMaxNames));
  }
  return names;
}

/// Honoured as it is, or refused: the local CA signs P-256 keys, validates at once and logs to no
/// transparency log.
void check_options(const json::object& input) {
  const std::string method = json::string_or(input, "ValidationMethod", "EMAIL");
  if (method != "DNS") {
    throw errors::not_implemented("ValidationMethod EMAIL (the default); DNS");
  }
  const std::string algorithm = json::string_or(input, "KeyAlgorithm", "EC_prime256v1");
  if (algorithm != "EC_prime256v1") {
    throw errors::not_implemented(fmt::format("KeyAlgorithm {}", algorithm));
  }
  const json::object* options = json::find_object(input, "Options");
  if (options != nullptr &&
      json::string_or(*options, "CertificateTransparencyLoggingPreference") == "ENABLED") {
    throw errors::not_implemented("CertificateTransparencyLoggingPreference ENABLED");
  }
}

/// AWS: the same token and request within an hour is the same certificate.
std::optional<std::string> find_repeated(const State& state, const std::string& token,
                                         const std::string& request) {
  if (token.empty()) return std::nullopt;
  const std::int64_t now = state.environment.clock.now_s();
  for (const auto& [id, record] : state.certificates.list()) {
    const json::object* known = json::find_object(record, "token");
    if (known != nullptr && json::string_or(*known, "text") == token &&
        json::string_or(*known, "request") == request && json::int_or(*known, "until", 0) > now) {
      return id;
    }
  }
  return std::nullopt;
}

json::array validations(const State& state, const std::vector<std::string>& names) {
  json::array options;
  for (const std::string& name : names) {
    options.push_back(
        json::object{{"DomainName", name},
                     {"ValidationDomain", name},
                     {"ValidationStatus", "SUCCESS"},
                     {"ResourceRecord", validation_record(state.environment.account(), name)},
                     {"ValidationMethod", "DNS"}});
  }
  return options;
}

}  // namespace

Reply request_certificate(State& state, RequestContext& context, const json::object& input) {
  const std::vector<std::string> names = requested_names(input);
  check_options(input);
  const std::string token = json::string_or(input, "IdempotencyToken");
  const std::string request = core::join(names, ",");
  if (const auto id = find_repeated(state, token, request)) {
    return json::object{{"CertificateArn", arn_of(state, *id)}};
  }
  json::object tagged;
  if (const json::array* tags = json::find_array(input, "Tags")) add_tags(tagged, *tags, context);

  const net::Certificate issued = state.ca.issue(names);
  const auto facts = read_certificate(issued.certificate_pem);
  CHECK(facts.ok());
  const std::int64_t now = state.environment.clock.now_s();
  json::object record = facts_document(facts.value());
  json::array all_names;
  for (const std::string& name : names) all_names.push_back(json::value(name));
  record["DomainName"] = names.front();
  record["SubjectAlternativeNames"] = std::move(all_names);
  record["DomainValidationOptions"] = validations(state, names);
  record["Type"] = "AMAZON_ISSUED";
  record["CreatedAt"] = now;
  record["IssuedAt"] = now;
  record["Options"] = {{"CertificateTransparencyLoggingPreference", "DISABLED"}};
  record["certificate"] = issued.certificate_pem;
  record["chain"] = issued.chain_pem;
  if (tagged.contains("tags")) record["tags"] = tagged.at("tags");
  if (!token.empty()) {
    record["token"] = {{"text", token}, {"request", request}, {"until", now + kTokenLifetime_s}};
  }
  const std::string id = core::uuid4(state.environment.random);
  state.certificates.put_with_key(id, record, issued.private_key_pem);
  return json::object{{"CertificateArn", arn_of(state, id)}};
}

}  // namespace tandem::acm
