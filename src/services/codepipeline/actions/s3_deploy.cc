#include <algorithm>
#include <fmt/format.h>

#include "archive/unpack.h"
#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {
namespace {

const archive::Limits kLimits{5ULL << 30, 100'000};

/// By the ending of a file's name.
constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html"},       {".htm", "text/html"},        {".css", "text/css"},
    {".js", "text/javascript"},   {".mjs", "text/javascript"},  {".json", "application/json"},
    {".txt", "text/plain"},       {".xml", "application/xml"},  {".svg", "image/svg+xml"},
    {".png", "image/png"},        {".jpg", "image/jpeg"},       {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},        {".ico", "image/x-icon"},     {".webp", "image/webp"},
    {".pdf", "application/pdf"},  {".zip", "application/zip"},  {".wasm", "application/wasm"},
    {".woff", "font/woff"},       {".woff2", "font/woff2"},     {".md", "text/markdown"},
    {".yml", "application/yaml"}, {".yaml", "application/yaml"}};

std::string_view type_of(std::string_view name) {
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

/// Regular files below the folder, relative to it, in order. Links are left out: what they lead to
/// is among the files if it is in the artifact.
std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.symlink_status().type() != std::filesystem::file_type::regular) continue;
    files.push_back(entry.path().lexically_relative(folder).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Task<void> upload(ActionScope* scope, std::filesystem::path file, std::string key) {
  service::ObjectPlace object;
  object.region = scope->is_here() ? "" : scope->region();
  object.bucket = scope->configured("BucketName");
  json::object more;
  more["ContentType"] = type_of(key);
  object.key = std::move(key);
  const std::string acl = scope->configured("CannedACL");
  if (!acl.empty()) more["ACL"] = acl;
  const std::string cache = scope->configured("CacheControl");
  if (!cache.empty()) more["CacheControl"] = cache;
  Task<service::StoredObject> writing = scope->workshop().ports.objects.write(
      std::move(object), std::move(file), std::move(more), scope->caller());
  co_await std::move(writing);
}

Task<std::vector<std::string>> unpacked(ActionScope* scope, std::filesystem::path zip,
                                        std::filesystem::path folder) {
  std::optional<ActionFailure> failure;
  std::vector<std::string> files;
  try {
    auto unpacking = core::run_blocking(scope->workshop().environment.blocking, [&] {
      std::filesystem::remove_all(folder);
      std::filesystem::create_directory(folder);
      archive::unpack(zip, folder, kLimits);
      return files_below(folder);
    });
    files = co_await std::move(unpacking);
  } catch (const archive::ArchiveError& error) {
    failure = ActionFailure{"ConfigurationError",
                            fmt::format("Artifact [{}] cannot be extracted: {}",
                                        scope->action().inputs.front(), error.what())};
  }
  if (failure) throw ActionFailure(*failure);
  co_return files;
}

}  // namespace

// Objects are written over: to begin again is to write them once more.
Task<ActionResult> run_s3_deploy(ActionScope* scope) {
  Task<std::filesystem::path> fetching = scope->fetch(scope->action().inputs.front());
  const std::filesystem::path zip = co_await std::move(fetching);
  std::string key = scope->configured("ObjectKey");
  if (scope->configured("Extract") == "false") {
    Task<void> uploading = upload(scope, zip, key);
    co_await std::move(uploading);
  } else {
    const std::filesystem::path folder = scope->file("extracted");
    Task<std::vector<std::string>> unpacking = unpacked(scope, zip, folder);
    const std::vector<std::string> files = co_await std::move(unpacking);
    if (!key.empty() && !key.ends_with('/')) key += '/';
    for (const std::string& name : files) {
      // Throws when nobody waits for the action any more.
      scope->record();
      Task<void> uploading = upload(scope, folder / name, key + name);
      co_await std::move(uploading);
    }
  }
  External external;
  external.url = fmt::format("https://s3.console.aws.amazon.com/s3/buckets/{}/?region={}",
                             scope->configured("BucketName"), scope->region());
  scope->show(external);
  ActionResult result;
  result.summary = "Deployment Succeeded";
  co_return result;
}

}  // namespace tandem::codepipeline
