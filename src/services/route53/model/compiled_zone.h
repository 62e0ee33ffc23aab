// A hosted zone in the form that answers queries: names in wire form, record data encoded, aliases
// and health checks resolved to pointers and slots. Immutable; a change makes a new one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/pace.h"
#include "services/route53/model/record_set.h"
#include "services/route53/model/selection.h"

namespace tandem::route53 {

/// TTLs run at the pace of the clock: divided by it and rounded, but never to 0 unless they are 0.
std::uint32_t scale_ttl(std::uint32_t ttl, core::Pace pace);

/// Lets string_view look up string keys.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};
template <class Value>
using ByName = std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;

/// What exists at one name; nothing at all at an empty non-terminal.
struct Node {
  std::vector<std::unique_ptr<RecordGroup>> groups;
  const RecordGroup* find(net::dns::Type type) const;
};

struct CompileContext {
  core::Pace pace{};
  const aws::Places& places;
  /// kNone for a check that does not exist (any more).
  std::function<HealthBoard::Slot(std::string_view health_check_id)> slot_of_check;
  /// The address behind an alias target outside the zone.
  struct AwsTarget {
    std::string rdata;  ///< four bytes
    HealthBoard::Slot slot = HealthBoard::kNone;
  };
  std::function<std::optional<AwsTarget>(const AliasTarget& target)> aws_target;
};

class CompiledZone {
 public:
  CompiledZone(std::string id, const DomainName& name, const Records& records,
               const CompileContext& context);

  const std::string& id() const { return id_; }
  std::string_view apex() const { return apex_; }
  const Node* find(std::string_view wire_name) const;
  /// The node a wildcard gives for a name that does not exist (RFC 4592 §3.3.1), or nullptr.
  const Node* find_wildcard(std::string_view wire_name) const;
  /// The topmost delegation above or at the name, apex excluded; its owner goes to cut.
  const RecordGroup* find_delegation(std::string_view wire_name, std::string_view& cut) const;

  /// Calls see(wire name, group) for every group of records, in no order.
  template <class See>
  void for_each(See see) const {
    for (const auto& [name, node] : nodes_) {
      for (const auto& group : node.groups) see(std::string_view(name), *group);
    }
  }

  /// Queries that it answered, it or what was compiled of it before.
  std::uint64_t queries() const { return queries_; }
  void count_query() const { ++queries_; }
  void counts_on_from(const CompiledZone& before) const { queries_ = before.queries_; }

  const RecordGroup* soa() const { return soa_; }
  const RecordGroup* name_servers() const { return name_servers_; }
  /// RFC 2308 §5: the lesser of the SOA's TTL and its minimum.
  std::uint32_t negative_ttl() const { return negative_ttl_; }

 private:
  void add(const RecordSet& record, const CompileContext& context);
  void link_aliases(const Records& records);
  RecordGroup& group_at(const DomainName& name, net::dns::Type type);

  std::string id_;
  std::string apex_;
  ByName<Node> nodes_;
  bool has_wildcards_ = false;
  bool has_delegations_ = false;
  const RecordGroup* soa_ = nullptr;
  const RecordGroup* name_servers_ = nullptr;
  mutable std::uint64_t queries_ = 0;
  std::uint32_t negative_ttl_ = 0;
};

}  // namespace tandem::route53
