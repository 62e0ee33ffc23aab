// What became of private keys and of the authority while nobody looked.
#include "core/check.h"
#include "core/log.h"
#include "services/acm/model/x509.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

net::KeyType key_type_of_record(const json::object& record) {
  const std::string algorithm = json::string_or(record, "KeyAlgorithm");
  if (algorithm.starts_with("RSA")) return net::KeyType::kRsa2048;
  return algorithm == "EC_secp384r1" ? net::KeyType::kEcP384 : net::KeyType::kEcP256;
}

/// Why the certificate cannot be presented any more; empty when it can.
std::string problem_of(const State& state, const std::string& id, const json::object& record) {
  const auto key = state.certificates.private_key(id);
  if (!key) return "its private key is lost";
  if (!key_fits(json::string_or(record, "certificate"), *key)) return "its private key is damaged";
  const bool ours = json::string_or(record, "Type") == "AMAZON_ISSUED";
  if (ours && json::string_or(record, "chain") != state.ca.certificate_pem()) {
    return "another authority issued it";
  }
  return "";
}

/// Under the same ARN, as ACM's managed renewal does (User Guide, "Managed certificate renewal").
void issue_anew(State& state, const std::string& id, json::object record) {
  std::vector<std::string> names;
  for (const json::value& name : record.at("SubjectAlternativeNames").as_array()) {
    names.push_back(json::to_std(name));
  }
  const net::Certificate issued = state.ca.issue(names, key_type_of_record(record));
  const auto facts = read_certificate(issued.certificate_pem);
  CHECK(facts.ok());
  for (const auto& [member, value] : facts_document(facts.value())) {
    if (member != "SubjectAlternativeNames" && member != "DomainName") record[member] = value;
  }
  record["certificate"] = issued.certificate_pem;
  record["chain"] = issued.chain_pem;
  state.certificates.put_with_key(id, record, issued.private_key_pem);
}

}  // namespace

void mend_certificates(State& state) {
  for (const auto& [id, record] : state.certificates.list()) {
    const std::string problem = problem_of(state, id, record);
    if (problem.empty()) continue;
    if (json::string_or(record, "Type") == "AMAZON_ISSUED") {
      issue_anew(state, id, record);
      log::warning("certificate {} was issued anew: {}", arn_of(state, id), problem);
    } else {
      log::error("certificate {} cannot be presented: {}; import it again, or put {} back",
                 arn_of(state, id), problem, state.certificates.key_path(id).string());
    }
  }
}

}  // namespace tandem::acm
