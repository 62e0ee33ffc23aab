// The topology as CloudFormation stacks. The same templates go to Tandem's regions and to AWS.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/json.h"
#include "topology/topology.h"

namespace tandem::topology {

/// A stack as it is wanted.
struct StackSpec {
  std::string region;
  std::string name;
  std::string body;  ///< the template
  std::map<std::string, std::string> parameters;
  std::set<std::string> kept;  ///< further parameters, whose values stay as they are

  bool operator==(const StackSpec&) const = default;
};
/// The members that CreateStack, UpdateStack and CreateChangeSet share.
json::object stack_request(const StackSpec& spec);

std::string data_stack_name(const Topology& topology);
std::string app_stack_name(const Topology& topology);
std::string front_stack_name(const Topology& topology);
std::string routing_stack_name(const Topology& topology);
/// The API key that is the same in every region: its name.
std::string common_key_name(const Topology& topology);

/// The global table, created in the home region with a replica in every region, and in leaving
/// ones that are to be removed later.
json::object data_template(const Topology& topology, const std::vector<std::string>& leaving = {});

/// Custom domain, certificate, base path mapping, the common API key and its usage plan.
/// Parameters: ApiId, StageName, ZoneId, ApiKeyValue (NoEcho). The certificate names the hosted
/// zone that its validation record belongs in: without that, AWS would wait for somebody to write
/// it. Of several regions, also what shows their switches (drain_stacks.h).
json::object front_template(const Topology& topology);

/// The same while the domain moves to another stage: the common key is good at that one, too, so
/// that no call with it is refused meanwhile. Further parameters: OtherApiId, OtherStageName.
json::object moving_front_template(const Topology& topology);

/// Whose the hosted zone is: made by the routing stack, or one that the account has had before,
/// which is used and left as it is.
enum class ZoneOwner { kStack, kAccount };

/// One resource holds all records, so that CloudFormation changes them in one batch: their policy,
/// their type, their TTL and their names may be others without a moment in which the name does not
/// answer. Stacks of earlier versions have a resource for each.
enum class RecordForm { kGroup, kSingle };

/// Hosted zone, health checks (drain_stacks.h) and a record for each region. Values that differ
/// between deployments are parameters, so that an unchanged topology gives an unchanged template.
/// With ZoneOwner::kAccount there is a parameter ZoneId in the zone's place.
json::object routing_template(const Topology& topology, ZoneOwner owner = ZoneOwner::kStack,
                              RecordForm form = RecordForm::kGroup);
/// How the routing stack begins: the zone alone, since the fronts need it.
json::object zone_template(const Topology& topology);

/// How the records of a deployed template stay or become: single ones stay what they are while
/// they are weighted, as the name would not resolve for the moment in which they become a group.
RecordForm form_after(const json::object& deployed, const Topology& topology);
/// Single records cannot all change at once: Route 53 refuses a CNAME beside another record of its
/// name, weighted records of one name that differ in their TTL, and records of two policies. Where
/// that would be, or a group takes their place, the old ones are withdrawn first. deployed is the
/// stack's template.
bool has_records_that_clash(const json::object& deployed, const Topology& topology);
/// The records of a routing stack's template, grouped or single.
std::vector<json::object> records_in(const json::object& deployed);
/// The policy of the records in a deployed template; nothing when it has none.
std::optional<Routing> routing_of(const json::object& deployed);
json::object without_records(json::object routing);

StackSpec data_stack(const Topology& topology, const std::vector<std::string>& leaving = {});
/// The user's template with what it is given. code_key: see code_key().
StackSpec app_stack(const Topology& topology, const std::string& region, std::string body,
                    std::string code_key);

/// "tandem-<name>-<account>-<region>": where the code package of a region lives.
std::string bucket_name(const Topology& topology, std::string_view region);
/// The package's key is its digest, so that new code is a new key and the stack sees a change.
std::string code_key(const Topology& topology, std::string_view package);

/// The name of the topology that made a stack, read from the stack's name and description; nothing
/// for stacks that no topology makes, and for app stacks, whose description is the user's.
std::optional<std::string> topology_of(std::string_view stack, std::string_view description);

/// "us-east-1" → "UsEast1": for logical ids, which are alphanumeric.
std::string logical_suffix(std::string_view region);

}  // namespace tandem::topology
