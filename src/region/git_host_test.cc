// A folder of repositories as the Git host of pipelines.
#include "region/git_host.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/random.h"
#include "core/workers.h"

namespace tandem::region {
namespace {

namespace fs = std::filesystem;

class GitFolder : public ::testing::Test {
 protected:
  GitFolder() { fs::create_directories(folder_); }
  ~GitFolder() override {
    workers_.join();
    fs::remove_all(folder_);
  }

  /// "code: message" of asking for the newest commit; empty when there is one.
  std::string complaint(const std::string& branch) {
    PipelineGitHost host(workers_, random_, folder_ / "scratch", folder_.string());
    asio::io_context loop;
    std::string said;
    codepipeline::GitBranch wanted{.owner = "acme", .repository = "shop", .branch = branch};
    asio::co_spawn(loop, host.newest(std::move(wanted)),
                   [&](const std::exception_ptr& escaped, const codepipeline::Commit&) {
                     try {
                       if (escaped) std::rethrow_exception(escaped);
                     } catch (const codepipeline::SourceError& error) {
                       said = error.code + ": " + error.what();
                     }
                   });
    loop.run();
    return said;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / fmt::format("git-folder-{}", ::getpid());
  core::WorkerThreads workers_{1};
  core::SeededRandom random_{1};
};

TEST_F(GitFolder, WhatIsNotThereIsNamedByItsPath) {
  const std::string path = folder_.string() + "/acme/shop";
  EXPECT_EQ(complaint("main"),
            fmt::format("ConfigurationError: there is no Git repository {0} or {0}.git ({1} is "
                        "git.host of tandem.yaml)",
                        path, folder_.string()));
  ASSERT_EQ(std::system(fmt::format("git init -q --bare -b main '{}.git'", path).c_str()), 0);
  EXPECT_EQ(complaint("main"),
            fmt::format("ConfigurationError: there is no branch main with a commit in the Git "
                        "repository {}.git",
                        path));
}

}  // namespace
}  // namespace tandem::region
