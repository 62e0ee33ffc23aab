// Repositories of Git hosts, asked through Debian's git: what a branch's newest commit is, and its
// files. Nothing is kept between two questions.
//
// The host is trusted with its token and with nothing else: what it sends is bounded in size and
// time, no hook, no filter and no configuration of the machine's takes part, and no submodule is
// followed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/task.h"

namespace tandem::net {

struct GitRemote {
  std::string url;  ///< http://, https://, or a path of this machine; without user and password
  /// A secret; empty: none is needed. Sent as GitHub takes it ("About authentication with a GitHub
  /// App", HTTP-based Git access): the password of the user x-access-token.
  std::string token;
  std::string branch;
};

struct GitCommit {
  std::string id;  ///< 40 hexadecimal digits
  std::string message;
  std::string author_name;
  std::string author_email;
  std::int64_t author_s = 0;
  std::int64_t committer_s = 0;
};

/// what() has no secret in it.
struct GitError : std::runtime_error {
  enum class Kind {
    kRefused,      ///< no such repository, or not for this token
    kNoBranch,     ///< nor commit
    kUnreachable,  ///< the host does not answer
    kTooLarge,
    kFailed  ///< git is missing, the disk is full …
  };
  GitError(Kind why, const std::string& message) : std::runtime_error(message), kind(why) {}
  Kind kind;
};

class GitClient {
 public:
  struct Limits {
    /// Of each file: the pack that is fetched, the archive that is made ("Quotas in AWS
    /// CodePipeline": source artifacts from Git are 1 GB at most).
    std::uint64_t file_bytes = 1'073'741'824;
    std::chrono::milliseconds patience{600'000};  ///< with each question to the host
    std::size_t at_once = 4;                      ///< questions; others wait
  };
  /// folder: for what is on its way, the client's own. environment: "NAME=value", of the machine's
  /// own way to the world (proxies, authorities). Borrows pool and random.
  GitClient(core::Workers& pool, core::Random& random, std::filesystem::path folder,
            std::vector<std::string> environment, Limits limits);
  ~GitClient();

  /// Before the first question: what a process that was killed has left goes. Blocking.
  void start();
  /// Throws GitError.
  Task<GitCommit> newest(GitRemote remote);
  /// The commit's files as a zip in a new file that others cannot read, as `git archive` makes it.
  /// Throws GitError; nothing is left then.
  Task<void> archive(GitRemote remote, std::string commit_id, std::filesystem::path file);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The variables of this process that say how the world is reached.
std::vector<std::string> git_environment();

}  // namespace tandem::net
