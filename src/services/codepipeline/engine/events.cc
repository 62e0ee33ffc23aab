#include "services/codepipeline/engine/events.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "core/clock.h"
#include "core/ids.h"

namespace tandem::codepipeline {

EventSubject subject_of(std::string_view pipeline, const json::object& execution,
                        std::string_view stage) {
  EventSubject subject;
  subject.pipeline = pipeline;
  subject.execution = json::string_or(execution, "id");
  subject.version = json::int_or(execution, "version", 0);
  subject.attempt = json::int_or(execution, "attempts", 1);
  subject.started_ms = json::int_or(execution, "started_ms", 0);
  subject.stage = stage;
  return subject;
}

void tell(Workshop& workshop, const EventSubject& subject, std::string_view state,
          json::object more) {
  const service::Environment& environment = workshop.environment;
  const std::string_view of = !subject.action.empty()  ? "Action"
                              : !subject.stage.empty() ? "Stage"
                                                       : "Pipeline";
  json::object detail = std::move(more);
  detail["pipeline"] = subject.pipeline;
  detail["execution-id"] = subject.execution;
  detail["version"] = subject.version;
  detail["pipeline-execution-attempt"] = subject.attempt;
  detail["start-time"] = core::iso8601_ms(subject.started_ms);
  if (!subject.stage.empty()) detail["stage"] = subject.stage;
  if (!subject.action.empty()) {
    detail["action"] = subject.action;
    detail["action-execution-id"] = subject.action_execution;
    detail["region"] = environment.region;
  }
  if (subject.declared != nullptr) {
    const json::object& type = subject.declared->type_id;
    detail["type"] = json::object{{"owner", json::string_or(type, "owner")},
                                  {"category", json::string_or(type, "category")},
                                  {"provider", json::string_or(type, "provider")},
                                  {"version", json::string_or(type, "version")}};
  }
  detail["state"] = state;
  json::object event;
  event["version"] = "0";
  event["id"] = core::uuid4(environment.random);
  event["detail-type"] = fmt::format("CodePipeline {} Execution State Change", of);
  event["source"] = "aws.codepipeline";
  event["account"] = environment.account();
  event["time"] = core::iso8601_s(environment.clock.now_s());
  event["region"] = environment.region;
  event["resources"] = json::array{json::value(json::string(
      aws::make_arn("codepipeline", environment.region, environment.account(), subject.pipeline)))};
  event["detail"] = std::move(detail);
  workshop.ports.events.put(std::move(event));
}

}  // namespace tandem::codepipeline
