#include "services/route53/store/health_checks.h"

#include <algorithm>

#include "services/route53/model/errors.h"

namespace tandem::route53 {
namespace {

constexpr service::TagRules kTagRules{
    .too_many =
        [](std::string_view) {
          return errors::invalid_input("Number of tags limit of 50 exceeded.");
        },
    .reserved =
        [](std::string_view) {
          return errors::invalid_input(
              "aws: prefixed tag key names are not allowed for external use.");
        },
    .bad_key =
        [](std::string_view) {
          return errors::invalid_input("The tag key must have between 1 and 128 characters.");
        }};

}  // namespace

json::object to_document(const HealthCheck& check) {
  json::object document;
  document["Id"] = check.id;
  document["CallerReference"] = check.caller_reference;
  document["HealthCheckConfig"] = to_document(check.config);
  document["HealthCheckVersion"] = check.version;
  return document;
}

HealthCheckStore::HealthCheckStore(store::Store& store)
    : documents_(store, "check"),
      spent_references_(store, "spent-reference"),
      verdicts_(store, "verdict") {
  // What was accepted once is not judged again.
  const AllowedAddress any = [](std::string_view) { return true; };
  for (const auto& [id, document] : documents_.list()) {
    HealthCheck check;
    check.id = id;
    check.caller_reference = json::string_or(document, "CallerReference");
    check.version = json::int_or(document, "HealthCheckVersion", 1);
    check.config = parse_health_check(*json::find_object(document, "HealthCheckConfig"), any);
    put(std::move(check));
  }
}

HealthCheck* HealthCheckStore::find(std::string_view id) {
  const auto found = checks_.find(id);
  return found == checks_.end() ? nullptr : &found->second;
}

const HealthCheck* HealthCheckStore::find_reference(std::string_view caller_reference) const {
  const auto found = std::ranges::find_if(checks_, [&](const auto& entry) {
    return entry.second.caller_reference == caller_reference;
  });
  return found == checks_.end() ? nullptr : &found->second;
}

bool HealthCheckStore::reference_spent(std::string_view caller_reference) const {
  return spent_references_.contains(caller_reference);
}

void HealthCheckStore::write(store::WriteBatch& batch, const HealthCheck& check) const {
  documents_.put(batch, check.id, to_document(check));
}

void HealthCheckStore::erase(store::WriteBatch& batch, const HealthCheck& check) const {
  documents_.erase(batch, check.id);
  verdicts_.erase(batch, check.id);
  spent_references_.put(batch, check.caller_reference, json::object{{"Id", check.id}});
}

void HealthCheckStore::write_verdict(store::WriteBatch& batch, const std::string& id,
                                     const RememberedVerdict& verdict) const {
  verdicts_.put(
      batch, id,
      json::object{
          {"Healthy", verdict.healthy}, {"Found", verdict.found}, {"Since", verdict.since_s}});
}

std::optional<RememberedVerdict> HealthCheckStore::find_verdict(const std::string& id) const {
  const auto document = verdicts_.get(id);
  if (!document) return std::nullopt;
  return RememberedVerdict{json::bool_or(*document, "Healthy", true),
                           json::bool_or(*document, "Found", true),
                           json::find_number(*document, "Since").value_or(0)};
}

void HealthCheckStore::put(HealthCheck check) {
  const std::string id = check.id;
  checks_.insert_or_assign(id, std::move(check));
}

service::TagSet TagStore::get(const std::string& resource) const {
  const auto document = documents_.get(resource);
  if (!document) return service::TagSet(kTagRules);
  const json::value stored = *document;
  return service::TagSet(kTagRules, &stored);
}

void TagStore::write(store::WriteBatch& batch, const std::string& resource,
                     const service::TagSet& tags) const {
  if (tags.empty()) return documents_.erase(batch, resource);
  documents_.put(batch, resource, tags.map());
}

}  // namespace tandem::route53
