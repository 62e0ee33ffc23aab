// Against repositories that git itself makes, and a server that asks for a token.
#include "net/git.h"

#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <unistd.h>

#include "core/files.h"
#include "net/loopback_testing.h"

namespace tandem::net {
namespace {

namespace fs = std::filesystem;
using Kind = GitError::Kind;

class Git : public ::testing::Test {
 protected:
  Git() {
    repository_ = folder_ / "acme" / "shop.git";
    shell(fmt::format("git init -q -b main '{0}/work' && git init -q --bare -b main '{1}'",
                      folder_.string(), repository_.string()));
    commit("one", "first: a line\n\nand more");
  }
  ~Git() override {
    client_.reset();
    workers_.join();
    fs::remove_all(folder_);
  }

  static void shell(const std::string& line) { ASSERT_EQ(std::system(line.c_str()), 0) << line; }
  void commit(const std::string& content, const std::string& message) {
    core::write_file_atomically(folder_ / "work" / "a.txt", content, 0644);
    shell(
        fmt::format("cd '{}/work' && git add -A && git -c user.name='Ada L' -c "
                    "user.email=ada@example.org commit -q -m '{}' && git push -q '{}' main",
                    folder_.string(), message, repository_.string()));
  }
  GitRemote remote(const std::string& branch = "main") const {
    return {.url = repository_.string(), .token = "", .branch = branch};
  }
  GitClient& client(GitClient::Limits limits = {}) {
    client_ = std::make_unique<GitClient>(workers_, random_, folder_ / "scratch",
                                          std::vector<std::string>{}, limits);
    return *client_;
  }
  /// What a question fails for.
  template <class T>
  std::optional<Kind> kind_of(Task<T> task) {
    std::optional<Kind> kind;
    try {
      run(std::move(task));
    } catch (const GitError& error) {
      kind = error.kind;
    }
    return kind;
  }
  template <class T>
  T run(Task<T> task) {
    return loop_.run(std::move(task));
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / fmt::format("git-{}", ::getpid());
  fs::path repository_;
  testing::Loop loop_;
  core::WorkerThreads workers_{2};
  core::SeededRandom random_{1};
  std::unique_ptr<GitClient> client_;
};

TEST_F(Git, TellsTheNewestCommitOfABranch) {
  const GitCommit commit = run(client().newest(remote()));
  EXPECT_EQ(commit.id.size(), 40U);
  EXPECT_EQ(commit.message, "first: a line\n\nand more");
  EXPECT_EQ(commit.author_name, "Ada L");
  EXPECT_EQ(commit.author_email, "ada@example.org");
  EXPECT_GT(commit.author_s, 1'700'000'000);
  EXPECT_EQ(run(client_->newest(remote())).message, commit.message);
}

TEST_F(Git, ArchivesACommitThatIsNotTheNewestAnyMore) {
  const std::string id = run(client().newest(remote())).id;
  commit("two", "second");
  EXPECT_NE(run(client_->newest(remote())).id, id);
  const fs::path file = folder_ / "source.zip";
  run(client_->archive(remote(), id, file));
  EXPECT_TRUE(core::read_file(file).starts_with("PK"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  shell(fmt::format("test \"$(unzip -p '{}' a.txt)\" = one", file.string()));
}

/// A state folder often lies in the application's own checkout.
TEST_F(Git, IsNotLedAstrayByTheCheckoutItIsIn) {
  shell(
      fmt::format("git init -q '{0}' && cd '{0}' && git remote add origin '{0}/acme/other.git' && "
                  "git config url.'{0}/acme/third'.insteadOf '{1}'",
                  folder_.string(), repository_.string()));
  const GitCommit commit = run(client().newest(remote()));
  EXPECT_EQ(commit.message, "first: a line\n\nand more");
  const fs::path file = folder_ / "source.zip";
  run(client_->archive(remote(), commit.id, file));
  shell(fmt::format("test \"$(unzip -p '{}' a.txt)\" = one", file.string()));
}

TEST_F(Git, SaysWhatIsMissing) {
  EXPECT_EQ(kind_of(client().newest(remote("other"))), Kind::kNoBranch);
  EXPECT_EQ(kind_of(client().newest(remote("-x"))), Kind::kNoBranch);
  EXPECT_EQ(kind_of(client().newest(remote("a..b"))), Kind::kNoBranch);
  GitRemote nowhere = remote();
  nowhere.url = (folder_ / "acme" / "other.git").string();
  EXPECT_EQ(kind_of(client().newest(nowhere)), Kind::kRefused);
  nowhere.url = "ext::sh -c true";
  EXPECT_EQ(kind_of(client().newest(nowhere)), Kind::kRefused);
  nowhere.url = "http://127.0.0.1:1/a/b";
  EXPECT_EQ(kind_of(client().newest(nowhere)), Kind::kUnreachable);
  EXPECT_EQ(kind_of(client().archive(remote(), std::string(40, 'a'), folder_ / "a.zip")),
            Kind::kNoBranch);
  EXPECT_FALSE(fs::exists(folder_ / "a.zip"));
}

TEST_F(Git, BoundsWhatAHostSends) {
  const std::string id = run(client().newest(remote())).id;
  const fs::path file = folder_ / "source.zip";
  GitClient::Limits small;
  small.file_bytes = 100;
  EXPECT_EQ(kind_of(client(small).archive(remote(), id, file)), Kind::kTooLarge);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Git, LeavesNothingBehind) {
  run(client().newest(remote()));
  client_.reset();
  workers_.join();
  EXPECT_TRUE(fs::is_empty(folder_ / "scratch"));
}

}  // namespace
}  // namespace tandem::net
