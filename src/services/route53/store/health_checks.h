// Health checks and the tags of zones and checks: in memory, mirrored in the store.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "service/tags.h"
#include "services/route53/model/health_check.h"
#include "services/route53/model/health_state.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::route53 {

inline constexpr std::size_t kMaxHealthChecks = 200;

struct HealthCheck {
  std::string id;  ///< UUID
  std::string caller_reference;
  std::int64_t version = 1;
  HealthCheckConfig config;
};
/// The HealthCheck structure of the API.
json::object to_document(const HealthCheck& check);

class HealthCheckStore {
 public:
  explicit HealthCheckStore(store::Store& store);

  HealthCheck* find(std::string_view id);
  const std::map<std::string, HealthCheck, std::less<>>& all() const { return checks_; }
  const HealthCheck* find_reference(std::string_view caller_reference) const;
  /// Deleted checks keep their reference for ever: using it again is an error.
  bool reference_spent(std::string_view caller_reference) const;

  void write(store::WriteBatch& batch, const HealthCheck& check) const;
  /// What checkers found last, so that a restart forgets nothing of it.
  void write_verdict(store::WriteBatch& batch, const std::string& id,
                     const RememberedVerdict& verdict) const;
  std::optional<RememberedVerdict> find_verdict(const std::string& id) const;
  void erase(store::WriteBatch& batch, const HealthCheck& check) const;
  void put(HealthCheck check);
  void remove(const std::string& id) { checks_.erase(id); }
  void clear() { checks_.clear(); }

 private:
  store::Documents documents_;
  store::Documents spent_references_;
  store::Documents verdicts_;
  std::map<std::string, HealthCheck, std::less<>> checks_;
};

/// The tags of a resource: "hostedzone/Z1", "healthcheck/<uuid>".
class TagStore {
 public:
  explicit TagStore(store::Store& store) : documents_(store, "tags") {}
  service::TagSet get(const std::string& resource) const;
  void write(store::WriteBatch& batch, const std::string& resource,
             const service::TagSet& tags) const;
  void erase(store::WriteBatch& batch, const std::string& resource) const {
    documents_.erase(batch, resource);
  }

 private:
  store::Documents documents_;
};

}  // namespace tandem::route53
