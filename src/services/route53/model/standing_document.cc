#include "services/route53/model/standing_document.h"

#include "services/route53/model/group_rules.h"
#include "services/route53/model/name.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

std::string_view why(Standing standing) {
  switch (standing) {
    case Standing::kAnswers:
      return "eligible";
    case Standing::kFailOpen:
      return "no member is eligible, so all of them answer";
    case Standing::kCheckFails:
      return "its health check is unhealthy";
    case Standing::kTargetFails:
      return "its target is unhealthy";
    case Standing::kWeightIsZero:
      return "its weight is 0 and another's is not";
    case Standing::kPrimaryAnswers:
      return "it is the secondary, and the primary is healthy";
    case Standing::kFirstAnswers:
      return "another record answers";
  }
  return "";
}

std::string_view why(const RecordGroup& group, Standing standing) {
  if (standing != Standing::kFailOpen) return why(standing);
  if (group.policy == Policy::kFailover) return "neither is eligible, so the primary answers";
  if (group.policy == Policy::kGeolocation) {
    return "it is not eligible, and neither is one for a larger place around it";
  }
  return why(standing);
}

json::object member_document(const RecordGroup& group, const Member& member, Standing standing) {
  json::object document;
  if (!member.set_identifier.empty()) document["SetIdentifier"] = member.set_identifier;
  if (group.policy == Policy::kWeighted) document["Weight"] = member.weight;
  if (!member.health_check_id.empty()) document["HealthCheckId"] = member.health_check_id;
  document["InDns"] = answers(standing);
  document["Why"] = why(group, standing);
  return document;
}

void add_group(RecordStandings& found, std::string_view name, const RecordGroup& group,
               const HealthBoard& health) {
  const std::vector<Standing> standing = standings(group, health);
  json::array members;
  for (std::size_t i = 0; i < standing.size(); ++i) {
    const Member& member = group.members[i];
    members.push_back(member_document(group, member, standing[i]));
    if (!member.health_check_id.empty()) {
      found.in_dns[member.health_check_id] |= answers(standing[i]);
    }
  }
  if (found.document.size() == kMaxGroupsShown) {
    found.truncated = true;
    return;
  }
  found.document.push_back(json::object{{"Name", name_from_wire(name).text},
                                        {"Type", type_text(group.type)},
                                        {"Policy", policy_text(group.policy)},
                                        {"Members", std::move(members)}});
}

}  // namespace

RecordStandings record_standings(const Answerer& answerer, const HealthBoard& health) {
  RecordStandings found;
  answerer.for_each_zone([&](const CompiledZone& zone) {
    zone.for_each([&](std::string_view name, const RecordGroup& group) {
      if (group.type == net::dns::Type::kSoa || group.type == net::dns::Type::kNs) return;
      add_group(found, name, group, health);
    });
  });
  return found;
}

}  // namespace tandem::route53
