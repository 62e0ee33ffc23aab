#include "services/codebuild/engine/build_metrics.h"

#include <array>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::codebuild {
namespace {

using core::MeterKind;

constexpr std::string_view kCodeBuild = "AWS/CodeBuild";
constexpr MeterKind kBuilds{kCodeBuild, "Builds", "Count", "aws_codebuild_builds", "Builds"};
constexpr MeterKind kSucceeded{kCodeBuild, "SucceededBuilds", "Count",
                               "aws_codebuild_succeeded_builds", "Builds that succeeded"};
constexpr MeterKind kFailed{kCodeBuild, "FailedBuilds", "Count", "aws_codebuild_failed_builds",
                            "Builds that failed or timed out"};
constexpr MeterKind kDuration{kCodeBuild, "Duration", "Seconds", "aws_codebuild_duration_seconds",
                              "Time of all of a build's phases"};

struct OfPhase {
  std::string_view phase;
  MeterKind kind;
};
constexpr std::string_view kHelp = "Time that the phase took";
constexpr std::array<OfPhase, 10> kPhases{
    {{"SUBMITTED",
      {kCodeBuild, "SubmittedDuration", "Seconds", "aws_codebuild_submitted_seconds", kHelp}},
     {"QUEUED", {kCodeBuild, "QueuedDuration", "Seconds", "aws_codebuild_queued_seconds", kHelp}},
     {"PROVISIONING",
      {kCodeBuild, "ProvisioningDuration", "Seconds", "aws_codebuild_provisioning_seconds", kHelp}},
     {"DOWNLOAD_SOURCE",
      {kCodeBuild, "DownloadSourceDuration", "Seconds", "aws_codebuild_download_source_seconds",
       kHelp}},
     {"INSTALL",
      {kCodeBuild, "InstallDuration", "Seconds", "aws_codebuild_install_seconds", kHelp}},
     {"PRE_BUILD",
      {kCodeBuild, "PreBuildDuration", "Seconds", "aws_codebuild_pre_build_seconds", kHelp}},
     {"BUILD", {kCodeBuild, "BuildDuration", "Seconds", "aws_codebuild_build_seconds", kHelp}},
     {"POST_BUILD",
      {kCodeBuild, "PostBuildDuration", "Seconds", "aws_codebuild_post_build_seconds", kHelp}},
     {"UPLOAD_ARTIFACTS",
      {kCodeBuild, "UploadArtifactsDuration", "Seconds", "aws_codebuild_upload_artifacts_seconds",
       kHelp}},
     {"FINALIZING",
      {kCodeBuild, "FinalizingDuration", "Seconds", "aws_codebuild_finalizing_seconds", kHelp}}}};

/// Between two times of a document; less than 0: one is missing.
double seconds_between(const json::object& document) {
  const json::value* start = json::find(document, "startTime");
  const json::value* end = json::find(document, "endTime");
  if (start == nullptr || end == nullptr) return -1;
  return end->to_number<double>() - start->to_number<double>();
}

}  // namespace

void record_metrics(const service::Environment& environment, const json::object& build) {
  const std::string project = json::string_or(build, "projectName");
  const std::vector<core::Dimensions> under{
      {{"ProjectName", project}},
      {{"BuildId", json::string_or(build, "id")},
       {"BuildNumber", fmt::format("{}", json::int_or(build, "buildNumber", 0))},
       {"ProjectName", project}},
      {}};
  const auto record = [&](const MeterKind& kind, double value) {
    environment.meter(kind, under)->record(value);
  };
  const std::string status = json::string_or(build, "buildStatus");
  record(kBuilds, 1);
  if (status == "SUCCEEDED") record(kSucceeded, 1);
  if (status == "FAILED" || status == "FAULT" || status == "TIMED_OUT") record(kFailed, 1);
  if (const double seconds = seconds_between(build); seconds >= 0) record(kDuration, seconds);
  const json::array* phases = json::find_array(build, "phases");
  if (phases == nullptr) return;
  for (const json::value& each : *phases) {
    const json::object& phase = each.as_object();
    const std::string name = json::string_or(phase, "phaseType");
    const double seconds = seconds_between(phase);
    for (const OfPhase& known : kPhases) {
      if (known.phase == name && seconds >= 0) record(known.kind, seconds);
    }
  }
}

}  // namespace tandem::codebuild
