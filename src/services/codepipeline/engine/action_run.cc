#include "services/codepipeline/engine/action_run.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "core/ids.h"
#include "core/text.h"
#include "core/utf8.h"
#include "services/codepipeline/actions/actions.h"
#include "services/codepipeline/engine/events.h"
#include "services/codepipeline/model/variables.h"

namespace tandem::codepipeline {
namespace {

/// For a store that refuses writes to take them again.
constexpr std::chrono::milliseconds kStorePause{200};
/// Of all output variables of an action (user guide, "Quotas in AWS CodePipeline").
constexpr std::size_t kMostVariableBytes = 122'880;
constexpr std::size_t kMostMessage = 5'000;

/// How an action ended.
struct End {
  bool good = false;
  ActionResult result;
  ActionFailure failure;
};

class Run {
 public:
  Run(Workshop& workshop, const Structure& structure, const ActionPlace& place)
      : workshop_(workshop),
        structure_(structure),
        place_(place),
        action_(*structure.find(place.stage)->find(place.action)) {}

  const Action& action() const { return action_; }

  /// Key of the action's record in this attempt; empty: the attempt is over, or is no more.
  std::string record() {
    auto execution = current();
    if (!execution) return "";
    const auto* part = find_stage_part(*execution, place_.stage);
    if (const auto* runs = json::find_object(*part, "actions")) {
      if (const auto number = json::find_int(*runs, place_.action)) {
        return PipelineStore::action_key(place_.execution, static_cast<std::uint64_t>(*number));
      }
    }
    return begin(std::move(*execution));
  }

  std::string status_of(const std::string& key) const {
    const auto stored = workshop_.store.action(key);
    return stored ? json::string_or(*stored, "status") : "";
  }

  void finish(const std::string& key, End end) {
    auto execution = current();
    auto record = workshop_.store.action(key);
    if (!execution || !record || json::string_or(*record, "status") != "InProgress") return;
    if (end.good) end = checked(std::move(end));
    store::WriteBatch batch;
    const std::int64_t now = workshop_.now_ms();
    (*record)["updated_ms"] = now;
    (*record)["status"] = end.good ? "Succeeded" : "Failed";
    if (end.good) {
      note_result(*execution, *record, end.result);
    } else {
      (*record)["error"] =
          json::object{{"code", end.failure.code},
                       {"message", core::utf8_prefix(end.failure.message, kMostMessage)}};
    }
    record->erase("work");
    if (const auto job = json::find_string(*record, "job")) PipelineStore::erase_job(batch, *job);
    (*execution)["updated_ms"] = now;
    PipelineStore::put_action(batch, key, *record);
    PipelineStore::put_execution(batch, place_.execution, *execution);
    if (end.good) note_seen(batch, end.result);
    workshop_.store.write(std::move(batch));
    announce(*execution, *record, end);
  }

 private:
  /// The execution, while this attempt of the stage is under way.
  std::optional<json::object> current() const {
    auto execution = workshop_.store.execution(place_.execution);
    if (!execution || !is_live(*execution)) return std::nullopt;
    const auto* part = find_stage_part(*execution, place_.stage);
    if (part == nullptr || json::int_or(*part, "attempt", 0) != place_.attempt) return std::nullopt;
    return execution;
  }

  EventSubject subject(const json::object& execution, const json::object& record) const {
    EventSubject subject = subject_of(structure_.name, execution, place_.stage);
    subject.action = place_.action;
    subject.action_execution = json::string_or(record, "id");
    subject.started_ms = json::int_or(record, "started_ms", 0);
    subject.declared = &action_;
    return subject;
  }

  std::string begin(json::object execution) {
    const std::int64_t number = json::int_or(execution, "runs", 1);
    execution["runs"] = number + 1;
    execution["updated_ms"] = workshop_.now_ms();
    json::object& part = stage_part(execution, place_.stage);
    if (json::find_object(part, "actions") == nullptr) part["actions"] = json::object();
    part["actions"].as_object()[place_.action] = number;
    std::string key =
        PipelineStore::action_key(place_.execution, static_cast<std::uint64_t>(number));
    const json::object record = new_record(execution);
    store::WriteBatch batch;
    PipelineStore::put_action(batch, key, record);
    PipelineStore::put_execution(batch, place_.execution, execution);
    if (const auto job = json::find_string(record, "job")) PipelineStore::put_job(batch, *job, key);
    put_latest(batch, key);
    workshop_.store.write(std::move(batch));
    tell(workshop_, subject(execution, record), "STARTED");
    return key;
  }

  /// The stage's record says which run of each action was the last one.
  void put_latest(store::WriteBatch& batch, const std::string& key) const {
    json::object stage =
        workshop_.store.stage(structure_.name, place_.stage).value_or(json::object());
    if (json::find_object(stage, "actions") == nullptr) stage["actions"] = json::object();
    // Keys are bytes; what is kept is the part of the key that is a number.
    stage["actions"].as_object()[place_.action] =
        json::array{json::value(place_.execution.number), json::value(run_number(key))};
    PipelineStore::put_stage(batch, structure_.name, place_.stage, stage);
  }
  static std::uint64_t run_number(const std::string& key) {
    std::uint64_t number = 0;
    for (const char one : key.substr(key.size() - 8)) {
      number = number << 8 | static_cast<unsigned char>(one);
    }
    return number;
  }

  std::string artifact_key(std::string_view artifact) const {
    return fmt::format("{}/{}/{}", structure_.name.substr(0, 20), artifact.substr(0, 10),
                       core::random_text(workshop_.environment.random, 7, core::kAlnum));
  }

  json::object new_record(const json::object& execution) const {
    const std::int64_t now = workshop_.now_ms();
    json::object record;
    record["id"] = core::uuid4(workshop_.environment.random);
    record["execution"] = json::string_or(execution, "id");
    record["version"] = json::int_or(execution, "version", 0);
    record["stage"] = place_.stage;
    record["action"] = place_.action;
    record["attempt"] = place_.attempt;
    record["started_ms"] = now;
    record["updated_ms"] = now;
    record["deadline_ms"] = now + time_limit().count();
    record["status"] = "InProgress";
    record["input"] = input_of(execution, record);
    json::object keys;
    for (const std::string& output : action_.outputs) keys[output] = artifact_key(output);
    record["keys"] = std::move(keys);
    if (const auto* overrides = json::find_object(execution, "overrides")) {
      if (const auto* wanted = json::find_object(*overrides, place_.action)) {
        record["override"] = *wanted;
      }
    }
    // A source that is run again in its execution gives the revision of the first time.
    if (const auto* revisions = json::find_object(execution, "revisions")) {
      const auto* before = json::find_object(*revisions, place_.action);
      const auto* work = before == nullptr ? nullptr : json::find_object(*before, "work");
      if (work != nullptr) record["work"] = *work;
    }
    using Kind = ActionType::Kind;
    if (action_.type->kind == Kind::kApproval) {
      record["token"] = core::uuid4(workshop_.environment.random);
    }
    if (action_.type->kind == Kind::kLambda) record["job"] = json::string_or(record, "id");
    return record;
  }

  std::chrono::milliseconds time_limit() const {
    std::chrono::milliseconds limit = action_.type->timeout;
    if (action_.timeout_minutes > 0) limit = std::chrono::minutes(action_.timeout_minutes);
    // One waits for people; the others work (docs/clock.md).
    return action_.type->kind == ActionType::Kind::kApproval ? workshop_.at_pace(limit) : limit;
  }

  json::object input_of(const json::object& execution, json::object& record) const {
    json::object input;
    input["actionTypeId"] = action_.type_id;
    input["configuration"] = masked_configuration(*action_.type, action_.configuration);
    json::object resolved;
    std::vector<std::string> unresolved;
    for (const auto& [name, value] : action_.configuration) {
      const std::string text = value.is_string() ? json::to_std(value) : "";
      Resolved found = resolve(
          text, [&](const Reference& one) { return variable_of(execution, one.space, one.name); });
      for (const Reference& one : found.unresolved) unresolved.push_back(one.text());
      resolved[name] = found.text;
    }
    if (!unresolved.empty()) {
      record["unresolved"] = core::join(unresolved, ", ");
    }
    input["resolvedConfiguration"] = masked_configuration(*action_.type, std::move(resolved));
    if (!action_.role_arn.empty()) input["roleArn"] = action_.role_arn;
    input["region"] = action_.region.empty() ? workshop_.environment.region : action_.region;
    if (!action_.space.empty()) input["namespace"] = action_.space;
    json::object places;
    const auto* artifacts = json::find_object(execution, "artifacts");
    for (const std::string& name : action_.inputs) {
      if (const auto* place =
              artifacts == nullptr ? nullptr : json::find_object(*artifacts, name)) {
        places[name] = *place;
      }
    }
    record["places"] = std::move(places);
    return input;
  }

  End checked(End end) const {
    std::size_t bytes = 0;
    for (const auto& [name, value] : end.result.variables) {
      bytes += name.size() + (value.is_string() ? value.get_string().size() : 0);
    }
    if (bytes <= kMostVariableBytes) return end;
    End failed;
    failed.failure = {
        "JobFailed", fmt::format("The action's output variables have {} bytes, more than {}", bytes,
                                 kMostVariableBytes)};
    return failed;
  }

  void note_result(json::object& execution, json::object& record,
                   const ActionResult& result) const {
    if (!result.summary.empty()) record["summary"] = core::utf8_prefix(result.summary, 2'048);
    if (!result.variables.empty()) record["variables"] = result.variables;
    if (!action_.space.empty()) {
      if (json::find_object(execution, "outputs") == nullptr) execution["outputs"] = json::object();
      execution["outputs"].as_object()[action_.space] = result.variables;
    }
    if (json::find_object(execution, "artifacts") == nullptr) {
      execution["artifacts"] = json::object();
    }
    const std::string region =
        action_.region.empty() ? workshop_.environment.region : action_.region;
    for (const std::string& output : action_.outputs) {
      ArtifactPlace place{region, structure_.bucket_of(region), ""};
      if (const auto* keys = json::find_object(record, "keys")) {
        place.key = json::string_or(*keys, output);
      }
      execution["artifacts"].as_object()[output] = place.document();
    }
    if (result.revision.empty()) return;
    if (json::find_object(execution, "revisions") == nullptr) {
      execution["revisions"] = json::object();
    }
    json::object revision = result.revision;
    if (!action_.outputs.empty()) revision["artifact"] = action_.outputs.front();
    if (const auto* work = json::find_object(record, "work")) revision["work"] = *work;
    record["revision"] = result.revision;
    execution["revisions"].as_object()[place_.action] = std::move(revision);
  }

  /// What an execution has taken is not a change any more.
  void note_seen(store::WriteBatch& batch, const ActionResult& result) const {
    const std::string revision = json::string_or(result.revision, "revisionId");
    if (revision.empty()) return;
    auto pipeline = workshop_.store.pipeline(structure_.name);
    if (!pipeline) return;
    if (json::find_object(*pipeline, "seen") == nullptr) (*pipeline)["seen"] = json::object();
    (*pipeline)["seen"].as_object()[place_.action] = revision;
    PipelineStore::put_pipeline(batch, structure_.name, *pipeline);
  }

  void announce(const json::object& execution, const json::object& record, const End& end) {
    json::object more;
    json::object result;
    if (const auto* external = json::find_object(record, "external")) {
      for (const auto& [from, to] :
           {std::pair("externalExecutionId", "external-execution-id"),
            std::pair("externalExecutionUrl", "external-execution-url"),
            std::pair("externalExecutionSummary", "external-execution-summary")}) {
        if (const auto text = json::find_string(*external, from)) result[to] = *text;
      }
    }
    if (!end.good) {
      result["error-code"] = end.failure.code;
      result["external-execution-summary"] = core::utf8_prefix(end.failure.message, kMostMessage);
    }
    if (!result.empty()) more["execution-result"] = std::move(result);
    tell(workshop_, subject(execution, record), end.good ? "SUCCEEDED" : "FAILED", std::move(more));
  }

  Workshop& workshop_;
  const Structure& structure_;
  const ActionPlace& place_;
  const Action& action_;
};

/// The action's own folder goes with it.
struct Folder {
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

Task<End> run_once(Workshop* workshop, const Structure* structure, const Action* action,
                   std::string key) {
  End end;
  try {
    ActionScope scope(*workshop, *structure, *action, key);
    const json::object record = scope.record();
    const Folder folder{workshop->environment.folder / "work" / scope.id()};
    if (const auto unresolved = json::find_string(record, "unresolved")) {
      throw ActionFailure{
          "ConfigurationError",
          fmt::format("The following variables could not be resolved: {}", *unresolved)};
    }
    Task<void> bringing = scope.bring_inputs();
    co_await std::move(bringing);
    Task<ActionResult> running = run_action(&scope);
    end.result = co_await std::move(running);
    end.good = true;
  } catch (const ActionFailure& failure) {
    end.failure = failure;
  } catch (const aws::ApiError& error) {
    end.failure = failure_of(error);
  } catch (const store::StoreError&) {
    throw;
  } catch (const boost::system::system_error&) {
    // The engine stops.
    throw;
  } catch (const std::exception& error) {
    end.failure = {"SystemUnavailable", error.what()};
  }
  co_return end;
}

enum class Outcome { kSucceeded, kNot, kAgain };

Task<Outcome> attempt(Workshop* workshop, const Structure* structure, const ActionPlace* place) {
  Outcome outcome = Outcome::kNot;
  try {
    Run run(*workshop, *structure, *place);
    const std::string key = run.record();
    if (key.empty()) co_return Outcome::kNot;
    if (run.status_of(key) == "InProgress") {
      Task<End> running = run_once(workshop, structure, &run.action(), key);
      run.finish(key, co_await std::move(running));
    }
    if (run.status_of(key) == "Succeeded") outcome = Outcome::kSucceeded;
  } catch (const store::StoreError&) {
    outcome = Outcome::kAgain;
  } catch (const Abandoned&) {
  }
  co_return outcome;
}

}  // namespace

Task<bool> run_action_at(Workshop* workshop, std::shared_ptr<const Structure> structure,
                         ActionPlace place) {
  for (;;) {
    Task<Outcome> trying = attempt(workshop, structure.get(), &place);
    const Outcome outcome = co_await std::move(trying);
    if (outcome != Outcome::kAgain) co_return outcome == Outcome::kSucceeded;
    co_await core::sleep_for(kStorePause);
  }
}

}  // namespace tandem::codepipeline
