#include "services/route53/model/change_batch.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "services/route53/model/errors.h"
#include "services/route53/model/group_rules.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

using net::dns::Type;

/// Where CloudFront's names are (API reference, AliasTarget). API Gateway's edge-optimised domain
/// names have it, too.
constexpr std::string_view kCloudFrontZone = "Z2FDTNDATAQYW2";

/// "[name='a.example.com.', type='A', set-identifier='x']".
std::string bracket(const RecordSet& record) {
  std::string text = fmt::format("[name='{}', type='{}'", record.name.text, type_text(record.type));
  if (!record.simple()) text += fmt::format(", set-identifier='{}'", record.set_identifier);
  return text + ']';
}

/// One batch over the records of the names it touches.
class Batch {
 public:
  Batch(const ZoneContents& zone, const std::vector<Change>& changes, const BatchWorld& world)
      : zone_(zone), changes_(changes), world_(world) {}

  Outcome run() {
    for (const Change& change : changes_) take_name(change.record);
    before_ = after_;
    refuse_repeats();
    for (const Change& change : changes_) apply(change);
    for (const auto& key : added_) check_record(after_.at(key));
    check_apex();
    check_count();
    if (!problems_.empty()) throw errors::invalid_change_batch(problems_);
    return difference();
  }

 private:
  void problem(std::string text) {
    // The same complaint about two members of a group is one complaint.
    if (std::ranges::find(problems_, text) == problems_.end()) problems_.push_back(std::move(text));
  }

  /// Copies the zone's records at this name into the working set.
  void take_name(const RecordSet& record) {
    const std::string order = reversed(record.name);
    if (!names_.insert(order).second) return;
    for (auto it = zone_.records.lower_bound({order, "", ""});
         it != zone_.records.end() && it->first.name == order; ++it) {
      after_.insert(*it);
    }
  }

  void refuse_repeats() {
    std::set<std::pair<RecordKey, bool>> seen;
    for (const Change& change : changes_) {
      const bool removes = change.action == Action::kDelete;
      if (!seen.emplace(key_of(change.record), removes).second) {
        problem(fmt::format(
            "The request contains an invalid set of changes for a resource record set '{} {}'",
            type_text(change.record.type), change.record.name.text));
      }
    }
  }

  void apply(const Change& change) {
    if (change.action == Action::kDelete) {
      remove(change.record);
    } else {
      add(change);
    }
  }

  void remove(const RecordSet& record) {
    const auto found = after_.find(key_of(record));
    if (found == after_.end()) {
      problem(fmt::format("Tried to delete resource record set {} but it was not found",
                          bracket(record)));
    } else if (!same_contents(found->second, record)) {
      problem(
          fmt::format("Tried to delete resource record set {} but the values provided do not "
                      "match the current values",
                      bracket(record)));
    } else {
      added_.erase(found->first);
      after_.erase(found);
    }
  }

  void add(const Change& change) {
    const RecordSet& record = change.record;
    RecordKey key = key_of(record);
    if (change.action == Action::kCreate && after_.contains(key)) {
      problem(fmt::format("Tried to create resource record set {} but it already exists",
                          bracket(record)));
      return;
    }
    after_.insert_or_assign(key, record);
    added_.insert(std::move(key));
    // What a name may hold is looked at now: a change further on does not make up for it. What the
    // members of a group have in common, and what an alias leads to, counts in the end.
    check_cname(record);
    check_policy(record);
  }

  void check_record(const RecordSet& record) {
    if (!lies_within(record.name, zone_.name)) {
      problem(fmt::format("RRSet with DNS name {} is not permitted in zone {}", record.name.text,
                          zone_.name.text));
      return;
    }
    check_type(record);
    check_cname(record);
    check_group(record);
    if (record.alias) check_alias(record);
    if (record.values.size() > kMaxValuesPerRecord) {
      problem(fmt::format("Number of values limit of {} exceeded for {}", kMaxValuesPerRecord,
                          bracket(record)));
    }
  }

  void check_type(const RecordSet& record) {
    const bool apex = record.name == zone_.name;
    const auto refuse = [&](std::string_view why) {
      problem(fmt::format("RRSet of type {} with DNS name {} is not permitted{} in zone {}",
                          type_text(record.type), record.name.text, why, zone_.name.text));
    };
    if (record.type == Type::kCname && apex) refuse(" at apex");
    if (record.type == Type::kSoa && !apex) refuse(" below apex");
    if (record.type == Type::kDs && apex) refuse(" at apex");
    if (record.type == Type::kNs && is_wildcard(record.name)) refuse(" as wildcard");
    const bool plain_only =
        record.type == Type::kNs || record.type == Type::kSoa || record.type == Type::kDs;
    if (plain_only && (!record.simple() || record.alias)) {
      refuse(record.alias ? " as alias" : " with a routing policy");
    }
    // API reference, ResourceRecordSet: multivalue answers have no CNAME among their types, and
    // "You can't create multivalue answer alias records".
    if (record.multivalue && (record.type == Type::kCname || record.alias)) {
      refuse(record.alias ? " as multivalue answer alias" : " as multivalue answer");
    }
    if (record.type == Type::kCname && record.values.size() > 1)
      refuse(" with more than one value");
    if (record.type == Type::kSoa && record.values.size() != 1) refuse(" with more than one value");
  }

  /// RFC 1034 §3.6.2: a CNAME stands alone at its name.
  void check_cname(const RecordSet& record) {
    const std::string order = reversed(record.name);
    for (auto it = after_.lower_bound({order, "", ""});
         it != after_.end() && it->first.name == order; ++it) {
      if (it->second.type == record.type) continue;
      if (record.type == Type::kCname) {
        problem(fmt::format(
            "RRSet of type CNAME with DNS name {} is not permitted as it conflicts with other "
            "records with the same DNS name in zone {}",
            record.name.text, zone_.name.text));
        return;
      }
      if (it->second.type == Type::kCname) {
        problem(fmt::format(
            "RRSet of type {} with DNS name {} is not permitted because a conflicting RRSet of "
            "type CNAME with the same DNS name already exists in zone {}",
            type_text(record.type), record.name.text, zone_.name.text));
        return;
      }
    }
  }

  /// A name and type use one routing policy.
  void check_policy(const RecordSet& record) {
    for (const RecordSet* other : others_of(record)) {
      if (other->policy() == record.policy()) continue;
      problem(mixing_problem(record, world_.places));
      return;
    }
  }

  /// What the members of a group have in common, and what tells them apart.
  void check_group(const RecordSet& record) {
    const std::vector<const RecordSet*> others = others_of(record);
    for (const RecordSet* other : others) {
      const bool comparable = record.weight && other->weight && !record.alias && !other->alias;
      if (comparable && record.ttl != other->ttl) {
        problem(
            fmt::format("RRSet with DNS name {} and type {}, SetIdentifier {} cannot be "
                        "created as weighted sets must contain the same TTL.",
                        record.name.text, type_text(record.type), record.set_identifier));
      }
      std::string twice = twin_problem(record, *other, world_.places);
      if (!twice.empty()) problem(std::move(twice));
    }
    if (record.failover == Failover::kPrimary && !record.alias && record.health_check_id.empty()) {
      problem(
          "A non-alias primary ResourceRecordSet must have an associated health check. No changes "
          "made.");
    }
    if (others.size() >= kMaxRecordsPerGroup) {
      problem(fmt::format("Number of {} records limit of {} exceeded for {} {}",
                          policy_text(record.policy()), kMaxRecordsPerGroup, record.name.text,
                          type_text(record.type)));
    }
  }

  /// The other records of its name and type, as they are now.
  std::vector<const RecordSet*> others_of(const RecordSet& record) const {
    std::vector<const RecordSet*> others;
    const RecordKey key = key_of(record);
    for (auto it = after_.lower_bound({key.name, key.type, ""});
         it != after_.end() && it->first.name == key.name && it->first.type == key.type; ++it) {
      if (it->first != key) others.push_back(&it->second);
    }
    return others;
  }

  void check_alias(const RecordSet& record) {
    const AliasTarget& target = *record.alias;
    const std::string begin =
        fmt::format("Tried to create an alias that targets {}, type {} in zone {}, but ",
                    target.dns_name.text, type_text(record.type), target.hosted_zone_id);
    if (target.hosted_zone_id == kCloudFrontZone) return check_distribution(record, begin);
    if (target.hosted_zone_id != zone_.id) {
      const bool address = record.type == Type::kA || record.type == Type::kAaaa;
      if (!address || !world_.aws_target_exists(target)) {
        problem(begin + "the alias target name does not lie within the target zone");
        problem(begin + "that target was not found");
      }
      return;
    }
    if (!lies_within(target.dns_name, zone_.name)) {
      problem(begin + "the alias target name does not lie within the target zone");
    }
    if (target.dns_name == record.name || !exists(target.dns_name, record.type)) {
      problem(begin + "that target was not found");
    }
  }

  /// Route 53 takes any name of CloudFront's; whether there is such a distribution it does not ask.
  void check_distribution(const RecordSet& record, const std::string& begin) {
    const AliasTarget& target = *record.alias;
    const std::string_view name = target.dns_name.text;
    if (!name.ends_with(".cloudfront.net.")) {
      problem(begin + "the alias target name does not lie within the target zone");
    }
    // API reference, AliasTarget: "You can't set EvaluateTargetHealth to true when the alias target
    // is a CloudFront distribution."
    if (target.evaluate_target_health) {
      problem(
          fmt::format("EvaluateTargetHealth cannot be true for an alias to a CloudFront "
                      "distribution: {}",
                      bracket(record)));
    }
  }

  bool exists(const DomainName& name, Type type) const {
    const RecordKey from{reversed(name), std::string(type_text(type)), ""};
    const Records& records = names_.contains(from.name) ? after_ : zone_.records;
    const auto found = records.lower_bound(from);
    return found != records.end() && found->first.name == from.name &&
           found->first.type == from.type;
  }

  void check_apex() {
    if (!exists(zone_.name, Type::kNs)) {
      problem("A HostedZone must contain at least one NS record for the zone itself.");
    }
    if (!exists(zone_.name, Type::kSoa)) {
      problem("A HostedZone must contain exactly one SOA record.");
    }
  }

  void check_count() {
    if (zone_.records.size() - before_.size() + after_.size() > kMaxRecordsPerZone) {
      problem(fmt::format("Number of records limit of {} exceeded for hosted zone {}",
                          kMaxRecordsPerZone, zone_.id));
    }
  }

  Outcome difference() const {
    Outcome outcome;
    for (const auto& [key, record] : before_) {
      if (!after_.contains(key)) outcome.erased.push_back(key);
    }
    for (const RecordKey& key : added_) outcome.written.push_back(after_.at(key));
    return outcome;
  }

  const ZoneContents& zone_;
  const std::vector<Change>& changes_;
  const BatchWorld& world_;
  std::set<std::string> names_;
  Records before_;
  Records after_;
  std::set<RecordKey> added_;
  std::vector<std::string> problems_;
};

}  // namespace

Outcome apply_changes(const ZoneContents& zone, const std::vector<Change>& changes,
                      const BatchWorld& world) {
  return Batch(zone, changes, world).run();
}

}  // namespace tandem::route53
