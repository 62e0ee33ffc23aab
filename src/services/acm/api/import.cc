#include "core/bytes.h"
#include "core/ids.h"
#include "services/acm/errors.h"
#include "services/acm/model/x509.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

/// Blob members are base64 in documents.
std::string blob(const json::object& input, std::string_view member) {
  auto bytes = core::base64_decode(json::string_or(input, member));
  if (!bytes) throw errors::validation(fmt::format("{} is not valid base64", member));
  return std::move(*bytes);
}

/// Certificate, key and chain that belong together and are valid now.
CertificateFacts check_import(const State& state, const std::string& certificate,
                              const std::string& key, const std::string& chain) {
  auto facts = read_certificate(certificate);
  if (!facts && facts.error().message == "more than one certificate") {
    throw errors::validation(
        "The certificate field contains more than one certificate. You can specify only one "
        "certificate in this field.");
  }
  if (!facts) throw errors::validation("The certificate is not valid or is not in PEM format.");
  if (facts.value().key_algorithm.empty()) {
    throw errors::validation("The key algorithm of the certificate is not supported.");
  }
  if (!key_fits(certificate, key)) {
    throw errors::validation(
        "The private key does not match the certificate, is encrypted or is not in PEM format.");
  }
  if (!chain.empty() && !chain_fits(certificate, chain)) {
    throw errors::validation("Could not validate the certificate with the certificate chain.");
  }
  const std::int64_t now = state.environment.clock.now_s();
  if (facts.value().not_before_s > now || facts.value().not_after_s <= now) {
    throw errors::validation(
        "The certificate is not valid now: it has expired or is not yet valid.");
  }
  return std::move(facts).value();
}

/// The id and old record of the imported certificate to replace.
std::pair<std::string, json::object> replaced(const State& state, const std::string& arn,
                                              const json::object& input) {
  json::object record = need_certificate(state, arn);
  if (json::string_or(record, "Type") != "IMPORTED") {
    throw errors::validation(fmt::format("Certificate {} was not imported", arn));
  }
  if (json::find(input, "Tags") != nullptr) {
    throw errors::validation("Tagging is not permitted on re-import.");
  }
  return {id_of(state, arn), std::move(record)};
}

}  // namespace

Reply import_certificate(State& state, RequestContext& context, const json::object& input) {
  const std::string certificate = blob(input, "Certificate");
  const std::string key = blob(input, "PrivateKey");
  const std::string chain =
      json::find(input, "CertificateChain") == nullptr ? "" : blob(input, "CertificateChain");
  json::object record = facts_document(check_import(state, certificate, key, chain));
  const std::int64_t now = state.environment.clock.now_s();
  record["Type"] = "IMPORTED";
  record["CreatedAt"] = now;
  record["ImportedAt"] = now;
  record["certificate"] = certificate;
  record["chain"] = chain;

  const std::string arn = json::string_or(input, "CertificateArn");
  if (!arn.empty()) {
    const auto [id, old] = replaced(state, arn, input);
    record["CreatedAt"] = old.at("CreatedAt");
    if (old.contains("tags")) record["tags"] = old.at("tags");
    state.certificates.put_with_key(id, record, key);
    if (state.users != nullptr) state.users->certificate_changed(arn);
    return json::object{{"CertificateArn", arn}};
  }
  add_tags(record, input, context);
  const std::string id = core::uuid4(state.environment.random);
  state.certificates.put_with_key(id, record, key);
  return json::object{{"CertificateArn", arn_of(state, id)}};
}

}  // namespace tandem::acm
