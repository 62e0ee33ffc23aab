#include "services/route53/model/compiled_zone.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "net/dns_name.h"
#include "services/route53/model/rdata.h"
#include "services/route53/model/regions.h"

namespace tandem::route53 {
namespace {

namespace dns = net::dns;

std::uint32_t soa_minimum(std::string_view rdata) {
  std::uint32_t value = 0;
  for (const char c : rdata.substr(rdata.size() - 4)) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

void set_policy(const RecordSet& record, const aws::Places& places, Member& member) {
  member.weight = record.weight.value_or(0);
  member.failover = record.failover.value_or(Failover::kPrimary);
  if (!record.region.empty()) {
    // The API model's regions all have places (PlacesTest).
    const auto number = places.region(record.region);
    CHECK(number.has_value());
    member.region = *number;
  }
  if (!record.geo) return;
  const GeoLocation& geo = *record.geo;
  if (geo.country == "*") {
    member.location = kEverywhere;
  } else if (!geo.continent.empty()) {
    member.location = aws::continent_key(geo.continent);
  } else {
    const aws::GeoKey country = aws::country_key(geo.country);
    member.continent = places.continent_of(country);
    member.location = country;
    if (geo.subdivision.empty()) return;
    member.location = aws::subdivision_key(geo.country, geo.subdivision);
    member.country = country;
  }
}

}  // namespace

std::uint32_t scale_ttl(std::uint32_t ttl, core::Pace pace) {
  if (ttl == 0) return 0;
  const std::int64_t scaled = pace.of(std::chrono::seconds(ttl)).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(scaled, 1, 2147483647));
}

const RecordGroup* Node::find(dns::Type type) const {
  for (const auto& group : groups) {
    if (group->type == type) return group.get();
  }
  return nullptr;
}

CompiledZone::CompiledZone(std::string id, const DomainName& name, const Records& records,
                           const CompileContext& context)
    : id_(std::move(id)), apex_(name.wire) {
  nodes_.reserve(records.size() + 1);
  nodes_.try_emplace(apex_);
  for (const auto& [key, record] : records) add(record, context);
  link_aliases(records);
  const Node& apex = nodes_.find(apex_)->second;
  soa_ = apex.find(dns::Type::kSoa);
  name_servers_ = apex.find(dns::Type::kNs);
  CHECK(soa_ != nullptr && !soa_->members.empty() && !soa_->members[0].rdata.empty());
  const Member& soa = soa_->members[0];
  negative_ttl_ = std::min(soa.ttl, scale_ttl(soa_minimum(soa.rdata[0]), context.pace));
}

RecordGroup& CompiledZone::group_at(const DomainName& name, dns::Type type) {
  // Every name between this one and the apex exists too, if only as an empty non-terminal.
  for (std::string_view up = name.wire; up.size() > apex_.size(); up = dns::parent(up)) {
    nodes_.try_emplace(std::string(up));
  }
  Node& node = nodes_.find(name.wire)->second;
  for (const auto& group : node.groups) {
    if (group->type == type) return *group;
  }
  node.groups.push_back(std::make_unique<RecordGroup>());
  node.groups.back()->type = type;
  return *node.groups.back();
}

void CompiledZone::add(const RecordSet& record, const CompileContext& context) {
  RecordGroup& group = group_at(record.name, record.type);
  group.policy = record.policy();
  Member member;
  set_policy(record, context.places, member);
  member.ttl = scale_ttl(record.ttl, context.pace);
  member.set_identifier = record.set_identifier;
  member.health_check_id = record.health_check_id;
  if (!record.health_check_id.empty()) {
    member.check = context.slot_of_check(record.health_check_id);
  }
  for (const std::string& value : record.values) {
    auto rdata = parse_rdata(record.type, value);
    CHECK(rdata.ok());
    member.rdata.push_back(std::move(rdata).value());
  }
  if (record.alias) {
    member.alias = true;
    member.evaluate_target_health = record.alias->evaluate_target_health;
    if (const auto target = context.aws_target(*record.alias)) {
      member.target_slot = target->slot;
      member.ttl = scale_ttl(kRegionalTtl, context.pace);
      // The regional endpoints have IPv4 addresses only; AAAA aliases to them have no data.
      if (record.type == dns::Type::kA) member.rdata.push_back(target->rdata);
    }
  }
  group.members.push_back(std::move(member));
  has_wildcards_ |= is_wildcard(record.name);
  has_delegations_ |= record.type == dns::Type::kNs && record.name.wire != apex_;
}

void CompiledZone::link_aliases(const Records& records) {
  // Members were added in the order of the records, so the n-th of a group is its n-th record.
  std::unordered_map<const RecordGroup*, std::size_t> next;
  for (const auto& [key, record] : records) {
    RecordGroup& group = group_at(record.name, record.type);
    Member& member = group.members[next[&group]++];
    if (!record.alias || record.alias->hosted_zone_id != id_) continue;
    if (const Node* node = find(record.alias->dns_name.wire)) {
      member.target = node->find(record.type);
    }
  }
}

const Node* CompiledZone::find(std::string_view wire_name) const {
  const auto found = nodes_.find(wire_name);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Node* CompiledZone::find_wildcard(std::string_view wire_name) const {
  if (!has_wildcards_) return nullptr;
  std::string_view encloser = dns::parent(wire_name);
  while (encloser.size() > apex_.size() && find(encloser) == nullptr) {
    encloser = dns::parent(encloser);
  }
  std::string wildcard = "\1*";
  wildcard += encloser;
  return find(wildcard);
}

const RecordGroup* CompiledZone::find_delegation(std::string_view wire_name,
                                                 std::string_view& cut) const {
  if (!has_delegations_) return nullptr;
  const RecordGroup* topmost = nullptr;
  for (std::string_view up = wire_name; up.size() > apex_.size(); up = dns::parent(up)) {
    const Node* node = find(up);
    const RecordGroup* servers = node == nullptr ? nullptr : node->find(dns::Type::kNs);
    if (servers != nullptr) {
      topmost = servers;
      cut = up;
    }
  }
  return topmost;
}

}  // namespace tandem::route53
