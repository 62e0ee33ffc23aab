#include "topology/losses.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

namespace tandem::topology {
namespace {

constexpr std::string_view kTable = "AWS::DynamoDB::Table";
constexpr std::string_view kGlobalTable = "AWS::DynamoDB::GlobalTable";
constexpr std::string_view kBucket = "AWS::S3::Bucket";

bool is_table(std::string_view type) { return type == kTable || type == kGlobalTable; }

/// A resource's policy as a template (JSON is YAML, too) writes it; "" when it is none or no text.
std::string policy_in(const std::string& text, const std::string& logical_id, const char* policy) {
  try {
    const YAML::Node node = YAML::Load(text)["Resources"][logical_id][policy];
    return node.IsDefined() && node.IsScalar() ? node.Scalar() : "";
  } catch (const YAML::Exception&) {
    return "";  // CloudFormation took it, so it is read otherwise than here: nothing is kept.
  }
}

class Finder {
 public:
  Finder(aws::Api& api, const Plan& plan) : cloud_(api), topology_(plan.topology) {}

  Task<std::vector<Loss>> find(Plan plan) {
    for (const Step& step : plan.steps) {
      // What is made anew has nothing to lose.
      if (step.kind != Step::Kind::kUpdate || step.phase == Step::Phase::kMove) continue;
      for (const ResourceChange& change : step.changes) co_await consider(step.spec, change);
    }
    for (const std::string& region : plan.leaving) co_await in_leaving(region);
    co_return std::move(losses_);
  }

 private:
  Task<void> consider(StackSpec spec, ResourceChange change) {
    if ((!is_table(change.type) && change.type != kBucket) || !change.deletes()) co_return;
    using Action = ResourceChange::Action;
    const bool removed = change.action == Action::kRemove;
    const bool kept = co_await is_kept(spec, change.logical_id, removed);
    if (kept) co_return;
    Loss loss;
    loss.type = change.type;
    loss.name = change.physical_id;
    loss.why = removed                             ? Loss::Why::kRemoved
               : change.action == Action::kReplace ? Loss::Why::kReplaced
                                                   : Loss::Why::kMayBeReplaced;
    loss.region = loss.stack_region = spec.region;
    loss.stack = spec.name;
    co_await count(&loss);
    losses_.push_back(loss);
    if (loss.type == kGlobalTable) co_await in_copies(loss);
  }

  /// A global table goes from every region that has it.
  Task<void> in_copies(Loss loss) {
    const auto table = co_await cloud_.table(loss.region, loss.name);
    if (!table) co_return;
    for (const auto& [region, state] : replicas_of(*table)) {
      loss.region = region;
      loss.count.reset();
      if (state == "ACTIVE") co_await count(&loss);
      losses_.push_back(loss);
    }
  }

  /// True when a template says that the resource outlives its stack: the deployed one when it is
  /// removed, the new one when it is replaced.
  Task<bool> is_kept(StackSpec spec, std::string logical_id, bool removed) {
    if (!removed) co_return policy_in(spec.body, logical_id, "UpdateReplacePolicy") == "Retain";
    json::object input{{"StackName", spec.name}};
    const json::object answer =
        co_await cloud_.call(spec.region, "cloudformation", "GetTemplate", std::move(input));
    const std::string deployed = json::string_or(answer, "TemplateBody");
    const std::string policy = policy_in(deployed, logical_id, "DeletionPolicy");
    co_return policy.starts_with("Retain");
  }

  /// The region's processes end and its folder goes: all that is in it is lost.
  Task<void> in_leaving(std::string region) {
    const std::vector<std::string> tables = co_await cloud_.tables(region);
    for (const std::string& name : tables) {
      const bool counted = std::any_of(losses_.begin(), losses_.end(), [&](const Loss& other) {
        return other.region == region && other.name == name;
      });
      if (counted) continue;
      Loss loss{Loss::Why::kRegionLeaves, region, "", std::string(kTable), name, {}, {}};
      const auto table = co_await cloud_.table(region, name);
      if (!table) continue;
      for (const auto& [other, state] : replicas_of(*table)) {
        if (state == "ACTIVE" && topology_.find_region(other) != nullptr) {
          loss.copies.push_back(other);
        }
      }
      co_await count(&loss);
      losses_.push_back(std::move(loss));
    }
    const std::vector<std::string> buckets = co_await cloud_.buckets(region);
    for (const std::string& name : buckets) {
      if (name == bucket_name(topology_, region)) continue;
      Loss loss{Loss::Why::kRegionLeaves, region, "", std::string(kBucket), name, {}, {}};
      co_await count(&loss);
      losses_.push_back(std::move(loss));
    }
  }

  Task<void> count(Loss* loss) {
    try {
      if (is_table(loss->type)) {
        loss->count = co_await cloud_.count_items(loss->region, loss->name);
      } else {
        loss->count = co_await cloud_.count_objects(loss->region, loss->name);
      }
    } catch (const aws::ApiError& error) {
      if (!is_missing(error)) throw;
    }
  }

  Cloud cloud_;
  Topology topology_;
  std::vector<Loss> losses_;
};

std::string counted(const Loss& loss) {
  if (!loss.count) return "not countable now";
  const char* unit = is_table(loss.type) ? "item" : "object";
  return fmt::format("{} {}{}", *loss.count, unit, *loss.count == 1 ? "" : "s");
}

std::string_view name_of(Loss::Why why) {
  switch (why) {
    case Loss::Why::kReplaced:
      return "replaced";
    case Loss::Why::kMayBeReplaced:
      return "may be replaced";
    case Loss::Why::kRemoved:
      return "removed";
    case Loss::Why::kRegionLeaves:
      return "region leaves";
  }
  return "";
}

std::string what_of(const Loss& loss) {
  return fmt::format("{}{} {} ({})", loss.is_copy() ? "its copy of " : "",
                     loss.is_table() ? "table" : "bucket", loss.name, counted(loss));
}

std::string kept_by(const Loss& loss) {
  if (loss.copies.empty()) return "";
  return fmt::format("; {} {} theirs", fmt::join(loss.copies, ", "),
                     loss.copies.size() == 1 ? "keeps" : "keep");
}

/// True when the table of the data stack cannot be changed in place and its new form has the same
/// name: CloudFormation refuses to replace what has a name of its own, so the stack is made anew.
bool replaces_data_stack(const std::vector<Loss>& losses, const Topology& topology) {
  return std::any_of(losses.begin(), losses.end(), [&](const Loss& loss) {
    return loss.why == Loss::Why::kReplaced && loss.stack == data_stack_name(topology) &&
           loss.name == topology.table.name;
  });
}

}  // namespace

bool Loss::is_table() const { return topology::is_table(type); }

std::string text_of(const Loss& loss) {
  const std::string what = what_of(loss);
  switch (loss.why) {
    case Loss::Why::kReplaced:
      return fmt::format("{}: {} would be replaced by an empty one", loss.region, what);
    case Loss::Why::kMayBeReplaced:
      return fmt::format("{}: {} may be replaced by an empty one", loss.region, what);
    case Loss::Why::kRemoved:
      return fmt::format("{}: {} would be removed from stack {}", loss.region, what, loss.stack);
    case Loss::Why::kRegionLeaves:
      break;
  }
  return fmt::format("{}: {}{} would go with the region{}", loss.region,
                     loss.copies.empty() ? "" : "its copy of ", what, kept_by(loss));
}

std::string text_of_done(const Loss& loss) {
  const std::string what = what_of(loss);
  switch (loss.why) {
    case Loss::Why::kReplaced:
      return fmt::format("{}: {} was replaced by an empty one", loss.region, what);
    case Loss::Why::kMayBeReplaced:
      return fmt::format("{}: {} was replaced by an empty one if its new form asks for it",
                         loss.region, what);
    case Loss::Why::kRemoved:
      return fmt::format("{}: {} was removed with what stack {} does not hold any more",
                         loss.region, what, loss.stack);
    case Loss::Why::kRegionLeaves:
      break;
  }
  return fmt::format("{}: {}{} went with the region{}", loss.region,
                     loss.copies.empty() ? "" : "its copy of ", what, kept_by(loss));
}

json::object to_json(const Loss& loss) {
  json::object shown{{"region", loss.region},
                     {"type", loss.type},
                     {"name", loss.name},
                     {"why", name_of(loss.why)}};
  if (!loss.stack.empty()) shown["stack"] = loss.stack;
  if (loss.count) shown[is_table(loss.type) ? "items" : "objects"] = *loss.count;
  json::array copies;
  for (const std::string& region : loss.copies) copies.push_back(json::string(region));
  shown["copiesIn"] = std::move(copies);
  return shown;
}

Task<std::vector<Loss>> find_losses(aws::Api* api, Plan plan) {
  Finder finder(*api, plan);
  co_return co_await finder.find(std::move(plan));
}

void agree_to(const std::vector<Loss>& losses, Plan* plan) {
  if (!replaces_data_stack(losses, plan->topology)) return;
  if (Step* data = plan->find(Step::Phase::kData, plan->topology.home)) {
    data->kind = Step::Kind::kRecreate;
  }
}

}  // namespace tandem::topology
