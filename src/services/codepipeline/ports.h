// What CodePipeline needs of the rest of its region, wired by the assembler.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "aws/api.h"
#include "core/json.h"
#include "core/task.h"
#include "service/object_files.h"
#include "service/roles.h"

namespace tandem::codepipeline {

/// One branch of a repository of a Git host.
struct GitBranch {
  enum class Provider {
    kGitHub,      ///< the GitHub version 1 action
    kConnection,  ///< CodeStarSourceConnection
  };
  Provider provider = Provider::kGitHub;
  std::string owner;  ///< kConnection: of FullRepositoryId
  std::string repository;
  std::string branch;
  std::string token;  ///< OAuthToken, or empty. A secret.
  std::string connection_arn;
};

struct Commit {
  std::string id;
  std::string message;
  std::string author_name;
  std::string author_email;
  std::int64_t author_s = 0;     ///< epoch seconds
  std::int64_t committer_s = 0;  ///< epoch seconds
  std::string url;
};

/// Why a source action fails: an action's error code (JobFailed, ConfigurationError,
/// PermissionError, RevisionUnavailable, SystemUnavailable) and a message without secrets.
struct SourceError : std::runtime_error {
  SourceError(std::string given_code, const std::string& message)
      : std::runtime_error(message), code(std::move(given_code)) {}
  std::string code;
};

class GitHost {
 public:
  virtual ~GitHost() = default;
  /// Throws SourceError.
  virtual Task<Commit> newest(GitBranch branch) = 0;
  /// The commit's files as a zip, into a new file. Throws SourceError.
  virtual Task<void> archive(GitBranch branch, std::string commit_id,
                             std::filesystem::path file) = 0;
};

/// EventBridge's default bus.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// An event in EventBridge's form. Never waits and never throws: events are told when they can be
  /// (EventBridge user guide, "best effort" for services' events).
  virtual void put(json::object event) = 0;
};

struct CodePipelinePorts {
  aws::Api& api;  ///< every service, in this region and in others
  service::ObjectFiles& objects;
  service::Roles& roles;
  GitHost& git;
  EventSink& events;
};

}  // namespace tandem::codepipeline
