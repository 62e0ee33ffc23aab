// What a build begins with: its room, its source and its buildspec.
#include <fmt/format.h>

#include "archive/unpack.h"
#include "core/check.h"
#include "core/text.h"
#include "services/codebuild/engine/artifact_files.h"
#include "services/codebuild/engine/build_run.h"
#include "services/codebuild/model/compute.h"
#include "services/codebuild/model/images.h"
#include "services/codebuild/model/project.h"

namespace tandem::codebuild {
namespace {

namespace fs = std::filesystem;

/// "Quotas for CodeBuild" has none for a source of S3's; CodePipeline's artifacts are 5 GB at most.
constexpr std::uint64_t kSourceBytes = 5ULL * 1024 * 1024 * 1024;
constexpr std::uint64_t kUnpackedBytes = 20ULL * 1024 * 1024 * 1024;
constexpr std::uint64_t kSourceEntries = 500'000;
constexpr std::size_t kBuildspecBytes = 1024 * 1024;

/// Each source of S3's has a folder of its own, as on AWS: s3/00, s3/01.
std::string numbered(std::size_t number) { return fmt::format("s3/{:02}", number); }

std::string version_of(const json::object& settings, std::string_view identifier) {
  const auto* versions = json::find_array(settings, "secondarySourceVersions");
  if (versions == nullptr) return "";
  for (const json::value& each : *versions) {
    if (json::string_or(each.as_object(), "sourceIdentifier") == identifier) {
      return json::string_or(each.as_object(), "sourceVersion");
    }
  }
  return "";
}

/// Unpacks into the folder below root. Anything may be wrong with an archive.
void unpack_source(const fs::path& zip, const fs::path& root, const std::string& folder,
                   const Halt& halt) {
  fs::create_directories(root / folder);
  FileWork work(halt, root);
  archive::unpack(zip, root / folder,
                  {.bytes = kUnpackedBytes,
                   .entries = kSourceEntries,
                   .step = [&work](std::uint64_t bytes) { work.step(bytes); }});
  fs::remove(zip);
}

const json::array* secondary_sources(const json::object& settings) {
  return json::find_array(settings, "secondarySources");
}

}  // namespace

std::string BuildRun::source_folder() const {
  const auto* source = json::find_object(record_.settings, "source");
  CHECK(source != nullptr);
  return json::string_or(*source, "type") == "S3" ? numbered(0) : "";
}

std::string BuildRun::inside(const std::string& folder) const {
  const std::string source = room_->source_inside();
  return folder.empty() ? source : fmt::format("{}/{}", source, folder);
}

Variables BuildRun::own_variables() const {
  const json::object& build = record_.build;
  const std::string& region = shop_.environment.region;
  const auto* environment = json::find_object(record_.settings, "environment");
  const auto* logs = json::find_object(build, "logs");
  Variables own{
      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/" + record_.uuid()},
      {"AWS_DEFAULT_REGION", region},
      {"AWS_REGION", region},
      {"CODEBUILD_BUILD_ARN", json::string_or(build, "arn")},
      {"CODEBUILD_BUILD_ID", record_.id()},
      {"CODEBUILD_BUILD_IMAGE",
       environment == nullptr ? "" : json::string_or(*environment, "image")},
      {"CODEBUILD_BUILD_NUMBER", std::to_string(json::int_or(build, "buildNumber", 0))},
      {"CODEBUILD_BUILD_SUCCEEDING", "1"},
      {"CODEBUILD_CI", "true"},
      {"CODEBUILD_EXECUTION_ROLE_BUILD", ""},
      {"CODEBUILD_INITIATOR", json::string_or(build, "initiator")},
      {"CODEBUILD_KMS_KEY_ID", json::string_or(build, "encryptionKey")},
      {"CODEBUILD_LOG_PATH", logs == nullptr ? "" : json::string_or(*logs, "streamName")},
      {"CODEBUILD_START_TIME", std::to_string(record_.started_ms)},
  };
  const auto add = [&](std::string_view name, std::string_view member) {
    const std::string value = json::string_or(build, member);
    if (!value.empty()) own.emplace_back(name, value);
  };
  add("CODEBUILD_RESOLVED_SOURCE_VERSION", "resolvedSourceVersion");
  add("CODEBUILD_SOURCE_VERSION", "sourceVersion");
  if (const auto* source = json::find_object(build, "source")) {
    const std::string location = json::string_or(*source, "location");
    if (!location.empty()) own.emplace_back("CODEBUILD_SOURCE_REPO_URL", location);
  }
  return own;
}

Task<PhaseEnd> BuildRun::provision() {
  const std::string uuid = record_.uuid();
  const std::string role = json::string_or(record_.build, "serviceRole");
  auto prepare = [rooms = shop_.rooms, transfer = shop_.transfers / uuid] {
    for (const fs::path& each : {rooms, transfer}) {
      fs::create_directories(each);
      fs::permissions(each, fs::perms::owner_all);
    }
  };
  co_await core::run_blocking(shop_.environment.blocking, std::move(prepare));
  RoomOptions options;
  options.name = uuid;
  options.folder = shop_.rooms / uuid;
  if (const auto* machine = json::find_object(record_.settings, "environment")) {
    options.compute_type = json::string_or(*machine, "computeType");
  }
  options.memory_bytes = memory_of(options.compute_type);
  options.environment = environment_of({}, record_.settings, own_variables());
  options.credentials = [this, uuid, role] { return shop_.keys.give(uuid, role); };
  options.on_output = [this](std::string_view piece) {
    constexpr std::size_t kCaptured = 64 * 1024;
    if (captured_ != nullptr) {
      if (captured_->size() < kCaptured) captured_->append(piece.substr(0, kCaptured));
      return;
    }
    printed_ = true;
    log_->output(piece);
  };
  log_->line("Running on CodeBuild On-demand");
  std::unique_ptr<BuildRoom> room;
  PhaseEnd end;
  try {
    auto opening = shop_.ports.rooms.open(std::move(options));
    room = co_await std::move(opening);
  } catch (const boost::system::system_error&) {
    throw;
  } catch (const std::exception& error) {
    end = failure("INTERNAL_SERVICE_ERROR",
                  fmt::format("there is no room for the build on this machine: {}", error.what()));
    end.status = Status::kFault;
  }
  room_ = std::move(room);
  if (room_ != nullptr && halted()) room_->kill();
  co_return end;
}

Task<PhaseEnd> BuildRun::download() {
  const std::string folder = source_folder();
  log_->line("Waiting for agent ping");
  log_->line("Waiting for DOWNLOAD_SOURCE");
  if (const auto* environment = json::find_object(record_.settings, "environment")) {
    if (const auto remark = remark_on_image(json::string_or(*environment, "image"))) {
      log_->line(*remark);
    }
  }
  for (const std::string& remark : room_->remarks()) log_->line(remark);
  log_->line("Phase is DOWNLOAD_SOURCE");
  set_in_shells_ = {{"CODEBUILD_SRC_DIR", inside(folder)}};
  log_->line(fmt::format("CODEBUILD_SRC_DIR={}", inside(folder)));
  json::object primary = record_.settings.at("source").as_object();
  Task<void> first = download_source(std::move(primary), folder,
                                     json::string_or(record_.settings, "sourceVersion"));
  co_await std::move(first);
  if (const auto* more = secondary_sources(record_.settings)) {
    for (std::size_t i = 0; i < more->size() && !halted(); ++i) {
      json::object source = (*more)[i].as_object();
      const std::string identifier = json::string_or(source, "sourceIdentifier");
      const std::string at = numbered(i + 1);
      set_in_shells_.emplace_back("CODEBUILD_SRC_DIR_" + identifier, inside(at));
      log_->line(fmt::format("CODEBUILD_SRC_DIR_{}={}", identifier, inside(at)));
      Task<void> next =
          download_source(std::move(source), at, version_of(record_.settings, identifier));
      co_await std::move(next);
    }
  }
  if (halted()) co_return PhaseEnd{};
  Task<std::string> reading = read_buildspec();
  spec_ = parse_buildspec(co_await std::move(reading));
  announce_buildspec();
  Task<void> giving = room_->give_source();
  co_await std::move(giving);
  co_return PhaseEnd{};
}

Task<void> BuildRun::download_source(json::object source, std::string folder, std::string version) {
  const fs::path root = room_->source_outside();
  if (json::string_or(source, "type") != "S3") {
    auto make = [root, folder] { fs::create_directories(root / folder); };
    co_await core::run_blocking(shop_.environment.blocking, std::move(make));
    co_return;
  }
  const ObjectName object = object_of_location(json::string_or(source, "location"));
  service::ObjectPlace place;
  place.bucket = object.bucket;
  place.key = object.key;
  // CodePipeline's builds show their source's ARN as its version.
  if (!version.starts_with("arn:")) place.version = version;
  const fs::path zip = shop_.transfers / record_.uuid() / "source.zip";
  std::string complaint;
  try {
    auto reading = shop_.ports.objects.read(std::move(place), zip, kSourceBytes, session());
    co_await std::move(reading);
    auto unpack = [zip, root, folder, halt = halt_] { unpack_source(zip, root, folder, halt); };
    co_await core::run_blocking(shop_.ports.slow, std::move(unpack));
  } catch (const aws::ApiError& error) {
    complaint =
        fmt::format("{}: {}\n\tstatus code: {}", error.code(), error.message(), error.status());
  } catch (const archive::ArchiveError& error) {
    complaint = fmt::format("Error while unpacking the source: {}", error.what());
  }
  if (complaint.empty()) co_return;
  const std::string identifier = json::string_or(source, "sourceIdentifier");
  throw BuildspecError(
      "CLIENT_ERROR",
      fmt::format("{} for {} source and source version {}", complaint,
                  identifier.empty() ? "primary" : identifier,
                  version.empty() ? fmt::format("arn:aws:s3:::{}/{}", object.bucket, object.key)
                                  : version));
}

Task<std::string> BuildRun::read_buildspec() {
  const json::object& source = record_.settings.at("source").as_object();
  const std::string given = json::string_or(source, "buildspec");
  if (is_inline_buildspec(given)) {
    log_->line("YAML location is /codebuild/readonly/buildspec.yml");
    co_return given;
  }
  const std::string name = given.empty() ? "buildspec.yml" : given;
  const std::string folder = source_folder();
  const std::string shown = fmt::format("{}/{}", inside(folder), name);
  const auto path = normal_path(name);
  std::optional<std::string> content;
  if (path && !path->empty()) {
    auto read = [root = room_->source_outside(),
                 whole = folder.empty() ? *path : folder + "/" + *path] {
      return SourceTree(root).read_file(whole, kBuildspecBytes);
    };
    content = co_await core::run_blocking(shop_.environment.blocking, std::move(read));
  }
  if (!content) {
    throw BuildspecError("YAML_FILE_ERROR",
                         given.empty() ? std::string("YAML file does not exist")
                                       : fmt::format("stat {}: no such file or directory", shown));
  }
  log_->line(fmt::format("YAML location is {}", shown));
  co_return std::move(*content);
}

void BuildRun::announce_buildspec() {
  log_->line("Processing environment variables");
  for (const std::string& key : spec_.ignored) {
    log_->line(fmt::format("Key {} of the buildspec means nothing and is ignored", key));
  }
  if (spec_.runtime_versions.empty()) log_->line("No runtime version selected in buildspec.");
  log_->line(fmt::format("Moving to directory {}", inside(source_folder())));
  log_->line("Registering with agent");
  std::size_t given = 0;
  for (const PhaseSpec& each : spec_.phases) given += each.given ? 1 : 0;
  log_->line(fmt::format("Phases found in YAML: {}", given));
  for (std::size_t i = 0; i < spec_.phases.size(); ++i) {
    if (!spec_.phases[i].given) continue;
    log_->line(fmt::format(" {}: {} commands", core::to_upper(Buildspec::kPhases[i]),
                           spec_.phases[i].commands.size()));
  }
  // The room's environment is older than the buildspec, whose variables count for least.
  const Variables older = environment_of({}, record_.settings, own_variables());
  for (const auto& [name, value] : spec_.variables) {
    const bool there = std::any_of(older.begin(), older.end(),
                                   [&](const auto& each) { return each.first == name; });
    if (!there && !name.starts_with("CODEBUILD_SRC_DIR")) set_in_shells_.emplace_back(name, value);
  }
}

}  // namespace tandem::codebuild
