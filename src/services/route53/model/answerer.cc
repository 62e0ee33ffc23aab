#include "services/route53/model/answerer.h"

#include <algorithm>

#include "core/check.h"
#include "net/dns_answer.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {

namespace dns = net::dns;
using dns::Rcode;
using dns::Section;
using dns::Type;

namespace {

constexpr unsigned kMaxChain = 8;  ///< CNAMEs followed for one answer
constexpr std::size_t kMaxAddressTargets = 8;

/// Where the name in the data of a type stands whose address a client will want next.
std::optional<std::size_t> target_offset(Type type) {
  if (type == Type::kNs) return 0;
  if (type == Type::kMx) return 2;
  if (type == Type::kSrv) return 6;
  return std::nullopt;
}

/// RFC 7871 §7.1.2: a source prefix of 0 tells nothing, and asks that nothing be made of it.
bool says_subnet(const dns::Query& query) {
  return query.subnet && query.subnet->source_prefix > 0;
}

}  // namespace

struct Answerer::Lookup {
  dns::AnswerWriter& writer;
  Type type;
  std::string_view name;  ///< in the query, or in a record's data
  Origin& origin;
  const CompiledZone* zone = nullptr;  ///< the first name's
  bool chained = false;
};

Answerer::Answerer(const HealthBoard& health, const aws::Places& places, core::Random& random,
                   std::vector<RegionalEndpoint> endpoints, core::Pace pace)
    : health_(health),
      places_(places),
      random_(random),
      endpoints_(std::move(endpoints)),
      pace_(pace),
      amazonaws_(*dns::name_from_text("amazonaws.com")),
      on_aws_(*dns::name_from_text("on.aws")),
      regional_soa_(parse_rdata(Type::kSoa,
                                "ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 "
                                "1209600 86400")
                        .value()) {}

void Answerer::put_zone(std::shared_ptr<const CompiledZone> zone) {
  auto& same_name = zones_[std::string(zone->apex())];
  const auto old =
      std::ranges::find_if(same_name, [&](const auto& other) { return other->id() == zone->id(); });
  if (old == same_name.end()) {
    same_name.push_back(std::move(zone));
  } else {
    zone->counts_on_from(**old);
    *old = std::move(zone);
  }
}

void Answerer::remove_zone(std::string_view id) {
  for (auto it = zones_.begin(); it != zones_.end(); ++it) {
    if (std::erase_if(it->second, [&](const auto& zone) { return zone->id() == id; }) == 0)
      continue;
    if (it->second.empty()) zones_.erase(it);
    return;
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Answerer::queries_by_zone() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (const auto& [name, zones] : zones_) {
    for (const auto& zone : zones) all.emplace_back(zone->id(), zone->queries());
  }
  return all;
}

const CompiledZone* Answerer::find_zone(std::string_view name) const {
  for (std::string_view up = name;; up = dns::parent(up)) {
    const auto found = zones_.find(up);
    if (found != zones_.end()) return found->second.front().get();
    if (dns::is_root(up)) return nullptr;
  }
}

std::size_t Answerer::answer(std::span<const std::byte> message, std::span<std::byte> out,
                             const Asker& asker) {
  Rcode rcode = Rcode::kNoError;
  bool truncated = false;
  const std::size_t size = respond(message, out, asker, rcode, truncated);
  ++stats_.queries[static_cast<std::size_t>(asker.transport)];
  if (size == 0) {
    ++stats_.dropped;
  } else {
    ++stats_.answers[static_cast<std::size_t>(rcode)];
    stats_.truncated += truncated;
  }
  return size;
}

Origin Answerer::origin_of(const dns::Query& query, const Asker& asker) const {
  if (!says_subnet(query)) {
    return {places_, asker.address, static_cast<unsigned>(asker.address.size() * 8)};
  }
  const std::size_t size = query.subnet->family == 1 ? 4 : 16;
  return {places_, std::span(query.subnet->address).first(size), query.subnet->source_prefix};
}

std::size_t Answerer::respond(std::span<const std::byte> message, std::span<std::byte> out,
                              const Asker& asker, Rcode& rcode, bool& truncated) {
  dns::Query query;
  const dns::QueryStatus status = dns::parse_query(message, query);
  if (status == dns::QueryStatus::kDrop) return 0;
  const std::size_t limit = asker.transport == Transport::kUdp
                                ? std::min<std::size_t>(out.size(), query.udp_bytes)
                                : out.size();
  dns::AnswerWriter writer(out.first(limit), message, query);
  const auto type = static_cast<Type>(query.type);
  if (status == dns::QueryStatus::kFormErr) {
    writer.set_rcode(Rcode::kFormErr);
  } else if (status == dns::QueryStatus::kNotImp) {
    writer.set_rcode(Rcode::kNotImp);
  } else if (status == dns::QueryStatus::kBadVers) {
    writer.set_rcode(Rcode::kBadVers);
  } else if (query.rrclass != dns::kClassIn || type == Type::kAxfr || type == Type::kIxfr) {
    writer.set_rcode(Rcode::kRefused);
  } else {
    Origin origin = origin_of(query, asker);
    Lookup at{writer, type, query.name.view(), origin};
    look_up(at);
    if (says_subnet(query) && origin.asked()) writer.set_scope(origin.scope());
  }
  rcode = writer.rcode();
  truncated = writer.truncated();
  return writer.finish();
}

void Answerer::look_up(Lookup& at) {
  // CNAMEs may lead in a circle (RFC 1034 §5.2.2): a name met before is not asked again.
  std::array<std::string_view, kMaxChain + 1> met;
  for (unsigned hop = 0;; ++hop) {
    met[hop] = at.name;
    if (!step(at) || hop == kMaxChain) return;
    const auto end = met.begin() + hop + 1;
    if (std::find(met.begin(), end, at.name) != end) return;
    at.chained = true;
  }
}

bool Answerer::step(Lookup& at) {
  // The regional names come first: nobody can host amazonaws.com or on.aws here.
  std::array<std::string_view, 4> tails;  ///< what is left from the n-th last label on
  std::size_t labels = 0;
  for (std::string_view up = at.name; !dns::is_root(up); up = dns::parent(up)) {
    for (std::size_t i = tails.size() - 1; i > 0; --i) tails[i] = tails[i - 1];
    tails[0] = up;
    ++labels;
  }
  if (labels >= 4 && tails[1] == amazonaws_ &&
      tails[3].starts_with("\x0B"
                           "execute-api")) {
    answer_regional(at, tails[3], labels - 4, amazonaws_);
    return false;
  }
  if (labels >= 4 && tails[1] == on_aws_ &&
      tails[3].starts_with("\x0A"
                           "lambda-url")) {
    answer_regional(at, tails[3], labels - 4, on_aws_);
    return false;
  }
  const CompiledZone* zone = find_zone(at.name);
  if (!at.chained) {
    at.zone = zone;
    if (zone == nullptr) {
      at.writer.set_rcode(Rcode::kRefused);
      return false;
    }
    zone->count_query();
    at.writer.set_authoritative();
  } else if (zone != at.zone) {
    // Another zone's servers are the ones to ask; Route 53 follows within the zone only.
    add_name_servers(at, *at.zone);
    return false;
  }
  return step_zone(at, *zone);
}

bool Answerer::step_zone(Lookup& at, const CompiledZone& zone) {
  std::string_view cut;
  const RecordGroup* servers = zone.find_delegation(at.name, cut);
  // RFC 4035 §3.1.4.1: the parent answers for DS at the cut.
  if (servers != nullptr && !(at.type == Type::kDs && cut == at.name)) {
    refer(at, zone, cut, *servers);
    return false;
  }
  const Node* node = zone.find(at.name);
  if (node == nullptr) node = zone.find_wildcard(at.name);
  if (node == nullptr) {
    deny(at, zone, Rcode::kNxDomain);
    return false;
  }
  if (at.type == Type::kAny && !node->groups.empty()) {
    answer_any(at);
    return false;
  }
  const RecordGroup* group = node->find(at.type);
  if (group == nullptr) group = node->find(Type::kCname);
  if (group == nullptr) {
    deny(at, zone, Rcode::kNoError);
    return false;
  }
  return answer_group(at, zone, *group);
}

bool Answerer::answer_group(Lookup& at, const CompiledZone& zone, const RecordGroup& group) {
  const Choice choice = select(group, health_, at.origin, random_);
  if (choice.count == 0 || choice.members[0]->rdata.empty()) {
    deny(at, zone, Rcode::kNoError);
    return false;
  }
  if (!add_members(at, group.type, choice)) return false;
  const Member& first = *choice.members[0];
  if (group.type == Type::kCname && at.type != Type::kCname) {
    at.name = first.rdata.front();
    return true;
  }
  if (&group != zone.name_servers()) add_name_servers(at, zone);
  for (std::size_t i = 0; i < choice.count; ++i) {
    add_addresses(at, zone, group.type, *choice.members[i]);
  }
  return false;
}

bool Answerer::add_members(Lookup& at, Type type, const Choice& choice) {
  const auto before = at.writer.mark();
  // RFC 2181 §5.2: the records of one answer have one TTL.
  std::uint32_t ttl = choice.members[0]->ttl;
  for (std::size_t i = 1; i < choice.count; ++i) ttl = std::min(ttl, choice.members[i]->ttl);
  for (std::size_t i = 0; i < choice.count; ++i) {
    if (add_values(at, type, *choice.members[i], ttl)) continue;
    at.writer.rollback(before);
    at.writer.set_truncated();
    return false;
  }
  return true;
}

bool Answerer::add_values(Lookup& at, Type type, const Member& member, std::uint32_t ttl) {
  const std::size_t count = member.rdata.size();
  if (count == 1) return at.writer.add(Section::kAnswer, at.name, type, ttl, member.rdata[0]);
  // All values, in random order (Fisher and Yates).
  std::array<std::uint16_t, 400> order;
  CHECK(count <= order.size());
  for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<std::uint16_t>(i);
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(order[i], order[i + random_.below(count - i)]);
    if (!at.writer.add(Section::kAnswer, at.name, type, ttl, member.rdata[order[i]])) return false;
  }
  return true;
}

void Answerer::add_name_servers(Lookup& at, const CompiledZone& zone) {
  // Helpful, not needed: left out when it does not fit.
  const RecordGroup* servers = zone.name_servers();
  if (servers == nullptr || servers->members.empty()) return;
  const auto before = at.writer.mark();
  const Member& member = servers->members.front();
  for (const std::string& rdata : member.rdata) {
    if (at.writer.add(Section::kAuthority, zone.apex(), Type::kNs, member.ttl, rdata)) continue;
    at.writer.rollback(before);
    return;
  }
}

void Answerer::add_addresses(Lookup& at, const CompiledZone& zone, Type type,
                             const Member& member) {
  const auto offset = target_offset(type);
  if (!offset) return;
  const std::size_t count = std::min(member.rdata.size(), kMaxAddressTargets);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view target = std::string_view(member.rdata[i]).substr(*offset);
    if (!dns::lies_within(target, zone.apex())) continue;
    const Node* node = zone.find(target);
    if (node == nullptr) continue;
    for (const Type wanted : {Type::kA, Type::kAaaa}) {
      const RecordGroup* group = node->find(wanted);
      if (group == nullptr) continue;
      const Choice choice = select(*group, health_, at.origin, random_);
      for (std::size_t chosen = 0; chosen < choice.count; ++chosen) {
        const Member& found = *choice.members[chosen];
        for (const std::string& rdata : found.rdata) {
          if (!at.writer.add(Section::kAdditional, target, wanted, found.ttl, rdata)) return;
        }
      }
    }
  }
}

void Answerer::refer(Lookup& at, const CompiledZone& zone, std::string_view cut,
                     const RecordGroup& servers) {
  if (!at.chained) at.writer.set_authoritative(false);
  const Member& member = servers.members.front();
  for (const std::string& rdata : member.rdata) {
    if (!at.writer.add(Section::kAuthority, cut, Type::kNs, member.ttl, rdata)) {
      at.writer.set_truncated();
      return;
    }
  }
  add_addresses(at, zone, Type::kNs, member);
}

void Answerer::deny(Lookup& at, const CompiledZone& zone, Rcode rcode) {
  at.writer.set_rcode(rcode);
  const Member& soa = zone.soa()->members.front();
  if (!at.writer.add(Section::kAuthority, zone.apex(), Type::kSoa, zone.negative_ttl(),
                     soa.rdata.front())) {
    at.writer.set_truncated();
  }
}

void Answerer::answer_regional(Lookup& at, std::string_view zone, std::size_t labels_below,
                               std::string_view above) {
  if (!at.chained) at.writer.set_authoritative();
  const auto endpoint = std::ranges::find_if(endpoints_, [&](const RegionalEndpoint& known) {
    return known.zone.wire == zone || known.urls.wire == zone;
  });
  if (endpoint == endpoints_.end()) return deny_regional(at, above, Rcode::kNxDomain);
  if (labels_below > 1) return deny_regional(at, zone, Rcode::kNxDomain);
  if (labels_below == 1 && at.type == Type::kAny) return answer_any(at);
  if (labels_below == 0 || at.type != Type::kA) return deny_regional(at, zone, Rcode::kNoError);
  if (!at.writer.add(Section::kAnswer, at.name, Type::kA, scale_ttl(kRegionalTtl, pace_),
                     endpoint->rdata)) {
    at.writer.set_truncated();
  }
}

void Answerer::deny_regional(Lookup& at, std::string_view owner, Rcode rcode) {
  at.writer.set_rcode(rcode);
  if (!at.writer.add(Section::kAuthority, owner, Type::kSoa, scale_ttl(900, pace_),
                     regional_soa_)) {
    at.writer.set_truncated();
  }
}

void Answerer::answer_any(Lookup& at) {
  // RFC 8482 §4.2: one small record instead of everything.
  constexpr std::string_view kHinfo("\7RFC8482\0", 9);
  if (!at.writer.add(Section::kAnswer, at.name, Type::kHinfo, scale_ttl(3600, pace_), kHinfo)) {
    at.writer.set_truncated();
  }
}

Answerer::Resolution Answerer::resolve(std::string_view wire_name) {
  Resolution resolution;
  std::string name(wire_name);
  std::vector<std::byte> out(16384);
  for (unsigned hop = 0; hop <= kMaxChain; ++hop) {
    const std::string query = dns::encode_query(0, name, Type::kA, dns::Edns::kNo);
    bool truncated = false;
    const std::size_t size =
        respond(std::as_bytes(std::span(query)), out, {.transport = Transport::kTcp, .address = {}},
                resolution.rcode, truncated);
    const auto answer = dns::parse_answer(std::span(out).first(size));
    CHECK(answer.ok());
    std::string last = name;
    for (const dns::Record& record : answer.value().answers) {
      if (record.type == Type::kA) {
        resolution.rdata = record.rdata;
        return resolution;
      }
      if (record.type == Type::kCname) last = record.rdata;
    }
    if (last == name) return resolution;
    name = std::move(last);
  }
  return resolution;
}

}  // namespace tandem::route53
