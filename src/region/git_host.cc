#include "region/git_host.h"

#include <exception>
#include <fmt/format.h>
#include <optional>
#include <system_error>

namespace tandem::region {
namespace {

namespace fs = std::filesystem;
using codepipeline::GitBranch;
using codepipeline::SourceError;
using Kind = net::GitError::Kind;
using Provider = GitBranch::Provider;

/// What may be one part of a path, here and at GitHub.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 100 || text == "." || text == "..") return false;
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
             "._-") == std::string_view::npos;
}

/// Bare repositories are often called so.
fs::path repository_in(const fs::path& folder, const GitBranch& branch) {
  fs::path plain = folder / branch.owner / branch.repository;
  std::error_code ignored;
  if (fs::is_directory(plain, ignored)) return plain;
  return folder / branch.owner / (branch.repository + ".git");
}

}  // namespace

PipelineGitHost::PipelineGitHost(core::Workers& pool, core::Random& random, fs::path folder,
                                 std::string host)
    : host_(std::move(host)),
      client_(pool, random, std::move(folder), net::git_environment(), net::GitClient::Limits{}) {}

net::GitRemote PipelineGitHost::remote_of(const GitBranch& branch) const {
  if (!is_name(branch.owner) || !is_name(branch.repository)) {
    throw SourceError("ConfigurationError", fmt::format("{}/{} is not the name of a repository",
                                                        branch.owner, branch.repository));
  }
  const std::string url = host_.starts_with('/')
                              ? repository_in(host_, branch).string()
                              : fmt::format("{}/{}/{}.git", host_, branch.owner, branch.repository);
  return {.url = url, .token = branch.token, .branch = branch.branch};
}

/// A folder is nothing that AWS has: what matters is where it was looked.
SourceError PipelineGitHost::error_in_folder(const net::GitError& error,
                                             const GitBranch& branch) const {
  const std::string path = repository_in(host_, branch).string();
  switch (error.kind) {
    case Kind::kRefused:
      return SourceError("ConfigurationError",
                         fmt::format("there is no Git repository {0}/{1}/{2} or {0}/{1}/{2}.git "
                                     "({0} is git.host of tandem.yaml)",
                                     host_, branch.owner, branch.repository));
    case Kind::kNoBranch:
      return SourceError("ConfigurationError", fmt::format("there is no branch {} with a commit in "
                                                           "the Git repository {}",
                                                           branch.branch, path));
    case Kind::kTooLarge:
      return SourceError("JobFailed", fmt::format("the source in {} is larger than 1 GB", path));
    case Kind::kUnreachable:
    case Kind::kFailed:
      break;
  }
  return SourceError("JobFailed", fmt::format("the Git repository {}: {}", path, error.what()));
}

/// GitHub's sentences are those that CodePipeline's users find in its history; which of an action's
/// codes comes with which is nowhere documented.
SourceError PipelineGitHost::error_of(const net::GitError& error, const GitBranch& branch) const {
  if (host_.starts_with('/')) return error_in_folder(error, branch);
  const bool by_connection = branch.provider == Provider::kConnection;
  switch (error.kind) {
    case Kind::kRefused:
      if (by_connection) {
        return SourceError(
            "PermissionError",
            fmt::format("Unable to use Connection: {}. The connection has no access "
                        "to {}/{} at {}",
                        branch.connection_arn, branch.owner, branch.repository, host_));
      }
      return SourceError(
          "PermissionError",
          fmt::format("Either the GitHub repository \"{}\" does not exist, or the GitHub access "
                      "token provided has insufficient permissions to access the repository. "
                      "Verify that the repository exists and edit the pipeline to reconnect the "
                      "action to GitHub.",
                      branch.repository));
    case Kind::kNoBranch:
      return SourceError("ConfigurationError",
                         fmt::format("[{}] No Branch [{}] found for FullRepositoryName [{}/{}]",
                                     by_connection ? "Connection" : "GitHub", branch.branch,
                                     branch.owner, branch.repository));
    case Kind::kUnreachable:
      return SourceError(
          "SystemUnavailable",
          fmt::format("the Git host {} (git.host of tandem.yaml) does not answer: {}", host_,
                      error.what()));
    case Kind::kTooLarge:
      return SourceError("JobFailed", "the source is larger than 1 GB");
    case Kind::kFailed:
      break;
  }
  return SourceError("JobFailed", error.what());
}

Task<codepipeline::Commit> PipelineGitHost::newest(GitBranch branch) {
  net::GitRemote remote = remote_of(branch);
  std::optional<SourceError> failed;
  net::GitCommit found;
  try {
    found = co_await client_.newest(std::move(remote));
  } catch (const net::GitError& error) {
    failed = error_of(error, branch);
  }
  if (failed) throw *failed;
  codepipeline::Commit commit{.id = found.id,
                              .message = std::move(found.message),
                              .author_name = std::move(found.author_name),
                              .author_email = std::move(found.author_email),
                              .author_s = found.author_s,
                              .committer_s = found.committer_s};
  if (!host_.starts_with('/')) {
    commit.url =
        fmt::format("{}/{}/{}/commit/{}", host_, branch.owner, branch.repository, found.id);
  }
  co_return commit;
}

Task<void> PipelineGitHost::archive(GitBranch branch, std::string commit_id, fs::path file) {
  net::GitRemote remote = remote_of(branch);
  std::optional<SourceError> failed;
  try {
    co_await client_.archive(std::move(remote), std::move(commit_id), std::move(file));
  } catch (const net::GitError& error) {
    failed = error_of(error, branch);
  }
  if (failed) throw *failed;
}

}  // namespace tandem::region
