#include <fmt/format.h>

#include "core/clock.h"
#include "core/utf8.h"
#include "services/codepipeline/actions/actions.h"

namespace tandem::codepipeline {
namespace {

/// A Git host's archives (user guide, "Quotas in AWS CodePipeline", are 1 GB); S3's objects.
constexpr std::uint64_t kMostSourceBytes = 5ULL << 30;

bool says_no(const std::string& text) { return text == "false" || text == "False"; }

std::string without_quotes(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

/// The revision that the start of the execution asks for, of that type.
std::optional<std::string> wanted_revision(const ActionScope& scope, std::string_view type) {
  const json::object record = scope.record();
  const auto* wanted = json::find_object(record, "override");
  if (wanted == nullptr || json::string_or(*wanted, "type") != type) return std::nullopt;
  return json::find_string(*wanted, "value");
}

Task<json::object> newest_object(ActionScope* scope, std::string bucket, std::string key) {
  json::object of_bucket;
  of_bucket["Bucket"] = bucket;
  Task<aws::ApiResult> asking = scope->call("s3", "GetBucketVersioning", of_bucket);
  const aws::ApiResult versioning = co_await std::move(asking);
  if (json::string_or(versioning.output, "Status") != "Enabled") {
    throw ActionFailure{"ConfigurationError",
                        fmt::format("The S3 bucket {} is not versioned. Amazon S3 source actions "
                                    "require a bucket with versioning enabled.",
                                    bucket)};
  }
  json::object of_object;
  of_object["Bucket"] = bucket;
  of_object["Key"] = key;
  std::optional<ActionFailure> failure;
  aws::ApiResult head;
  try {
    Task<aws::ApiResult> heading = scope->call("s3", "HeadObject", of_object);
    head = co_await std::move(heading);
  } catch (const aws::ApiError& error) {
    if (error.status() != 404) throw;
    failure = ActionFailure{"RevisionUnavailable",
                            fmt::format("The Amazon S3 object key {} does not exist in the bucket "
                                        "{}.",
                                        key, bucket)};
  }
  if (failure) throw ActionFailure(*failure);
  json::object found;
  found["version"] = json::string_or(head.output, "VersionId");
  found["etag"] = json::string_or(head.output, "ETag");
  co_return found;
}

json::object git_variables(const GitBranch& branch, const json::object& commit) {
  json::object variables;
  const auto put = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) variables[name] = value;
  };
  const auto time = [&](std::string_view member) {
    const std::int64_t at = json::int_or(commit, member, 0);
    return at == 0 ? std::string() : core::iso8601_s(at);
  };
  put("AuthorDate", time("author_s"));
  put("BranchName", branch.branch);
  put("CommitId", json::string_or(commit, "id"));
  put("CommitMessage", json::string_or(commit, "message"));
  if (branch.provider == GitBranch::Provider::kGitHub) {
    put("CommitterDate", time("committer_s"));
    put("CommitUrl", json::string_or(commit, "url"));
    put("RepositoryName", branch.repository);
    return variables;
  }
  put("AuthorDisplayName", json::string_or(commit, "author_name"));
  put("AuthorEmail", json::string_or(commit, "author_email"));
  put("AuthorId", json::string_or(commit, "author_name"));
  put("ConnectionArn", branch.connection_arn);
  put("FullRepositoryName", branch.owner + "/" + branch.repository);
  return variables;
}

json::object document_of(const Commit& commit) {
  return {{"id", commit.id},
          {"message", commit.message},
          {"author_name", commit.author_name},
          {"author_email", commit.author_email},
          {"author_s", commit.author_s},
          {"committer_s", commit.committer_s},
          {"url", commit.url}};
}

json::object git_revision(const json::object& commit) {
  json::object revision;
  revision["revisionId"] = json::string_or(commit, "id");
  const std::string message = json::string_or(commit, "message");
  if (!message.empty()) revision["revisionSummary"] = core::utf8_prefix(message, 2'048);
  const std::string url = json::string_or(commit, "url");
  if (!url.empty()) revision["revisionUrl"] = url;
  const std::int64_t at = json::int_or(commit, "committer_s", 0);
  if (at != 0) revision["created"] = at;
  return revision;
}

}  // namespace

std::optional<GitBranch> git_branch_of(const Action& action, const json::object& resolved) {
  const auto configured = [&](std::string_view key) { return json::string_or(resolved, key); };
  GitBranch branch;
  if (action.type == nullptr) return std::nullopt;
  if (action.type->kind == ActionType::Kind::kGitHub) {
    branch.provider = GitBranch::Provider::kGitHub;
    branch.owner = configured("Owner");
    branch.repository = configured("Repo");
    branch.branch = configured("Branch");
    // What is shown of it is masked.
    branch.token = action.configured("OAuthToken");
    return branch;
  }
  if (action.type->kind != ActionType::Kind::kConnection) return std::nullopt;
  branch.provider = GitBranch::Provider::kConnection;
  const std::string full = configured("FullRepositoryId");
  // Groups may be nested: the repository is what follows the last slash.
  const std::size_t slash = full.rfind('/');
  branch.owner = slash == std::string::npos ? "" : full.substr(0, slash);
  branch.repository = slash == std::string::npos ? full : full.substr(slash + 1);
  branch.branch = configured("BranchName");
  branch.connection_arn = configured("ConnectionArn");
  return branch;
}

bool polls(const Action& action) {
  if (action.type == nullptr) return false;
  switch (action.type->kind) {
    case ActionType::Kind::kS3Source:
    case ActionType::Kind::kGitHub:
      return !says_no(action.configured("PollForSourceChanges", "true"));
    case ActionType::Kind::kConnection:
      return !says_no(action.configured("DetectChanges", "true"));
    default:
      return false;
  }
}

Task<ActionResult> run_s3_source(ActionScope* scope) {
  const std::string bucket = scope->configured("S3Bucket");
  const auto other_key = wanted_revision(*scope, "S3_OBJECT_KEY");
  const std::string key = other_key.value_or(scope->configured("S3ObjectKey"));
  json::object chosen = scope->work();
  if (!chosen.contains("version")) {
    if (const auto version = wanted_revision(*scope, "S3_OBJECT_VERSION_ID")) {
      chosen["version"] = *version;
    } else {
      Task<json::object> asking = newest_object(scope, bucket, key);
      chosen = co_await std::move(asking);
    }
    // From here on it is this version, however often the action is begun again.
    scope->keep("etag", json::string_or(chosen, "etag"));
    scope->keep("version", json::string_or(chosen, "version"));
  }
  const std::string version = json::string_or(chosen, "version");
  const std::filesystem::path path = scope->file("source");
  std::filesystem::remove(path);
  service::ObjectPlace object;
  object.bucket = bucket;
  object.key = key;
  object.version = version;
  Task<service::StoredObject> reading = scope->workshop().ports.objects.read(
      std::move(object), path, kMostSourceBytes, scope->caller());
  const service::StoredObject stored = co_await std::move(reading);
  Task<void> delivering = scope->deliver(scope->action().outputs.front(), path);
  co_await std::move(delivering);
  ActionResult result;
  result.variables["BucketName"] = bucket;
  result.variables["ETag"] = without_quotes(json::string_or(chosen, "etag", stored.etag));
  result.variables["ObjectKey"] = key;
  result.variables["VersionId"] = version;
  result.revision["revisionId"] = version;
  result.summary = "Amazon S3 version id: " + version;
  result.revision["revisionSummary"] = result.summary;
  result.revision["revisionUrl"] = fmt::format("https://console.aws.amazon.com/s3/home?region={}#",
                                               scope->workshop().environment.region);
  co_return result;
}

Task<ActionResult> run_git_source(ActionScope* scope) {
  GitHost& host = scope->workshop().ports.git;
  const GitBranch branch = *git_branch_of(scope->action(), scope->configuration());
  std::optional<ActionFailure> failure;
  json::object commit;
  const std::filesystem::path path = scope->file("source");
  std::filesystem::remove(path);
  try {
    const json::object work = scope->work();
    if (const auto* kept = json::find_object(work, "commit")) {
      commit = *kept;
    } else {
      if (const auto wanted = wanted_revision(*scope, "COMMIT_ID")) {
        commit["id"] = *wanted;
      } else {
        Task<Commit> asking = host.newest(branch);
        commit = document_of(co_await std::move(asking));
      }
      // As above.
      scope->keep("commit", commit);
    }
    Task<void> archiving = host.archive(branch, json::string_or(commit, "id"), path);
    co_await std::move(archiving);
  } catch (const SourceError& error) {
    failure = ActionFailure{error.code, error.what()};
  }
  if (failure) throw ActionFailure(*failure);
  Task<void> delivering = scope->deliver(scope->action().outputs.front(), path);
  co_await std::move(delivering);
  ActionResult result;
  result.variables = git_variables(branch, commit);
  result.revision = git_revision(commit);
  result.summary = json::string_or(result.revision, "revisionSummary");
  co_return result;
}

}  // namespace tandem::codepipeline
