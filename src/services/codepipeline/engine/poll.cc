#include <fmt/format.h>

#include "aws/arn.h"
#include "core/log.h"
#include "services/codepipeline/actions/actions.h"
#include "services/codepipeline/engine/engine.h"

namespace tandem::codepipeline {
namespace {

/// About as often as AWS looks (docs/clock.md).
constexpr std::chrono::seconds kInterval{60};

/// An execution is about to take what the source has: what it takes is seen then.
bool is_fetching(const PipelineStore& store, const std::string& pipeline,
                 const std::string& stage) {
  for (const std::uint64_t number : store.live(pipeline)) {
    const auto execution = store.execution({pipeline, number});
    if (execution && json::string_or(*execution, "stage") == stage) return true;
  }
  return false;
}

std::string seen_of(const json::object& pipeline, const std::string& action) {
  const auto* seen = json::find_object(pipeline, "seen");
  return seen == nullptr ? "" : json::string_or(*seen, action);
}

}  // namespace

Task<void> Engine::poll_for_ever(Engine* self) {
  for (;;) {
    co_await core::sleep_for(self->workshop_.at_pace(std::chrono::milliseconds(kInterval)));
    Task<void> polling = self->poll();
    co_await std::move(polling);
  }
}

Task<void> Engine::poll() {
  std::vector<std::string> names;
  store_.each_pipeline("", [&](std::string name, const json::object&) {
    names.push_back(std::move(name));
    return true;
  });
  for (const std::string& name : names) {
    Task<void> polling = poll_pipeline(name);
    co_await std::move(polling);
  }
}

// INVARIANT(once-for-a-revision): that a revision was seen is stored with the execution that it
// starts, so that no revision starts two.
Task<void> Engine::poll_pipeline(std::string name) {
  const auto before = store_.pipeline(name);
  if (!before || !before->contains("declaration")) co_return;
  const Structure structure = stored_structure(before->at("declaration").as_object());
  for (const Action& action : structure.stages.front().actions) {
    if (!polls(action) || is_fetching(store_, name, structure.stages.front().name)) continue;
    Task<std::string> asking = newest_of(&structure, &action);
    const std::string revision = co_await std::move(asking);
    // Much may have happened meanwhile.
    auto pipeline = store_.pipeline(name);
    if (!pipeline) co_return;
    if (revision.empty() || revision == seen_of(*pipeline, action.name) ||
        is_fetching(store_, name, structure.stages.front().name)) {
      continue;
    }
    // The revision is not seen until there is a place for its execution.
    if (!has_place_for_one_more(structure)) continue;
    if (json::find_object(*pipeline, "seen") == nullptr) (*pipeline)["seen"] = json::object();
    pipeline->at("seen").as_object()[action.name] = revision;
    StartRequest request;
    request.trigger = "PollForSourceChanges";
    request.trigger_detail = action.name;
    try {
      start({}, std::move(*pipeline), request);
    } catch (const store::StoreError& error) {
      log::warning("codepipeline {}: {}", name, error.message);
    }
  }
}

Task<std::string> Engine::newest_of(const Structure* structure, const Action* action) {
  std::string trouble;
  std::string revision;
  const json::object configuration = configuration_by_default(*structure, *action);
  try {
    if (const auto branch = git_branch_of(*action, configuration)) {
      Task<Commit> asking = workshop_.ports.git.newest(*branch);
      revision = (co_await std::move(asking)).id;
    } else {
      aws::ApiCall call;
      call.region = workshop_.environment.region;
      call.service = "s3";
      call.operation = "HeadObject";
      call.input["Bucket"] = json::string_or(configuration, "S3Bucket");
      call.input["Key"] = json::string_or(configuration, "S3ObjectKey");
      call.caller = "codepipeline.amazonaws.com";
      if (const auto arn =
              aws::Arn::parse(action->role_arn.empty() ? structure->role_arn : action->role_arn)) {
        call.caller =
            aws::make_arn("sts", "", arn->account,
                          fmt::format("assumed-role/{}/CodePipeline",
                                      arn->resource.substr(arn->resource.rfind('/') + 1)));
      }
      Task<aws::ApiResult> asking = workshop_.ports.api.call(std::move(call));
      const aws::ApiResult head = co_await std::move(asking);
      revision = json::string_or(head.output, "VersionId");
      // In a bucket without versioning there is nothing to tell.
      if (revision == "null") revision.clear();
    }
  } catch (const SourceError& error) {
    trouble = error.what();
  } catch (const aws::ApiError& error) {
    trouble = error.message();
  }
  note_trouble(structure->name + " " + action->name, trouble);
  co_return revision;
}

void Engine::note_trouble(const std::string& what, const std::string& trouble) {
  if (trouble.empty()) {
    troubles_.erase(what);
    return;
  }
  std::string& known = troubles_[what];
  if (known == trouble) return;
  known = trouble;
  log::info("codepipeline {}: the source could not be asked for changes: {}", what, trouble);
}

}  // namespace tandem::codepipeline
