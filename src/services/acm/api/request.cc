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

/// AWS: RSA_2048 when nothing is said; the model has more, for imported certificates.
net::KeyType key_type_of(const std::string& algorithm) {
  if (algorithm == "RSA_2048") return net::KeyType::kRsa2048;
  if (algorithm == "EC_prime256v1") return net::KeyType::kEcP256;
  if (algorithm == "EC_secp384r1") return net::KeyType::kEcP384;
  throw errors::validation(
      fmt::format("The algorithm {} is not supported for requested certificates", algorithm));
}

/// Honoured as it is, or refused: the local CA validates at once and logs to no transparency log.
void check_options(const json::object& input) {
  const std::string method = json::string_or(input, "ValidationMethod", "EMAIL");
  if (method != "DNS") {
    throw errors::not_implemented("ValidationMethod EMAIL (the default; DNS is served)");
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

json::object make_record(const State& state, const net::Certificate& issued,
                         const std::vector<std::string>& names) {
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
  return record;
}

}  // namespace

Task<Reply> request_certificate(State& state, RequestContext& context, json::object input) {
  const std::vector<std::string> names = requested_names(input);
  check_options(input);
  const std::string algorithm = json::string_or(input, "KeyAlgorithm", "RSA_2048");
  const net::KeyType key_type = key_type_of(algorithm);
  const std::string token = json::string_or(input, "IdempotencyToken");
  const std::string request = core::join(names, ",") + " " + algorithm;
  if (const auto id = find_repeated(state, token, request)) {
    co_return json::object{{"CertificateArn", arn_of(state, *id)}};
  }
  json::object tagged;
  add_tags(tagged, input, context);

  const net::Certificate issued = co_await core::run_blocking(
      state.environment.blocking, [&] { return state.ca.issue(names, key_type); });
  // The same request may have come again meanwhile.
  if (const auto id = find_repeated(state, token, request)) {
    co_return json::object{{"CertificateArn", arn_of(state, *id)}};
  }
  json::object record = make_record(state, issued, names);
  if (tagged.contains("tags")) record["tags"] = tagged.at("tags");
  if (!token.empty()) {
    const std::int64_t until = state.environment.clock.now_s() + kTokenLifetime_s;
    record["token"] = {{"text", token}, {"request", request}, {"until", until}};
  }
  const std::string id = core::uuid4(state.environment.random);
  state.certificates.put_with_key(id, record, issued.private_key_pem);
  co_return json::object{{"CertificateArn", arn_of(state, id)}};
}

}  // namespace tandem::acm
