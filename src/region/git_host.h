// The Git host of pipelines: whatever tandem.yaml's git.host says stands for GitHub, and for what
// connections lead to.
#pragma once

#include <filesystem>
#include <string>

#include "net/git.h"
#include "services/codepipeline/ports.h"

namespace tandem::region {

class PipelineGitHost final : public codepipeline::GitHost {
 public:
  /// host: as RegionSettings::git_host. folder: for what is on its way. Borrows pool and random.
  PipelineGitHost(core::Workers& pool, core::Random& random, std::filesystem::path folder,
                  std::string host);

  /// Before the first question. Blocking.
  void start() { client_.start(); }
  Task<codepipeline::Commit> newest(codepipeline::GitBranch branch) override;
  Task<void> archive(codepipeline::GitBranch branch, std::string commit_id,
                     std::filesystem::path file) override;

 private:
  net::GitRemote remote_of(const codepipeline::GitBranch& branch) const;
  codepipeline::SourceError error_of(const net::GitError& error,
                                     const codepipeline::GitBranch& branch) const;
  codepipeline::SourceError error_in_folder(const net::GitError& error,
                                            const codepipeline::GitBranch& branch) const;

  std::string host_;
  net::GitClient client_;
};

}  // namespace tandem::region
