#include "net/git.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

#include "core/bytes.h"
#include "core/files.h"
#include "core/gate.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "net/process.h"

namespace tandem::net {
namespace {

namespace fs = std::filesystem;
using Kind = GitError::Kind;

constexpr const char* kNewest = "refs/tandem/newest";
/// Of what git says; a commit's message is cut there.
constexpr std::size_t kMostOutput = 256UL * 1024;
constexpr std::size_t kMostShown = 400;
/// Commits that are known by their ids, so that asking again costs one question.
constexpr std::size_t kMostKnown = 512;

/// What git writes is the owner's alone, and no file of it is larger than it may be.
class Bounds final : public ChildSetup {
 public:
  explicit Bounds(std::uint64_t file_bytes) : limit_{file_bytes, file_bytes} {}
  int run() noexcept override {
    ::umask(077);
    return ::setrlimit(RLIMIT_FSIZE, &limit_) == 0 ? 0 : errno;
  }

 private:
  rlimit limit_;
};

struct Said {
  ExitStatus status;
  std::string output;
  std::string error;
  bool in_time = true;
  bool good() const { return status.signal == 0 && status.code == 0; }
};

void keep(std::string& text, std::string_view more) {
  text += more.substr(0, kMostOutput - std::min(kMostOutput, text.size()));
}

/// Without any user's or system's configuration: no credential helper, no hook, no filter. No
/// redirection is followed: git would send the token on to whatever host it leads to.
constexpr std::string_view kConfiguration =
    "[safe]\n\tdirectory = *\n"
    "[core]\n\thooksPath = /dev/null\n"
    "[gc]\n\tauto = 0\n"
    "[log]\n\tmailmap = false\n"
    "[i18n]\n\tlogOutputEncoding = UTF-8\n"
    "[http]\n\tfollowRedirects = false\n\tlowSpeedLimit = 1000\n\tlowSpeedTime = 60\n";

/// git-check-ref-format(1), as far as a name could mean something else.
bool is_branch_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.starts_with('-') || name.starts_with('/') ||
      name.ends_with('/') || name.ends_with('.') || name.ends_with(".lock")) {
    return false;
  }
  if (name.find("..") != std::string_view::npos || name.find("@{") != std::string_view::npos ||
      name.find("//") != std::string_view::npos) {
    return false;
  }
  return name.find_first_of(" ~^:?*[\\\x7f") == std::string_view::npos &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

bool is_commit_id(std::string_view id) {
  return id.size() == 40 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// "fatal: …", the last such line, without what could be the token that a server sends back.
std::string complaint_of(const Said& said, const std::string& secret, const std::string& token) {
  std::string found;
  for (const std::string_view line : core::split(said.error, '\n')) {
    for (const std::string_view mark : {"fatal: ", "error: "}) {
      if (line.starts_with(mark)) found = line.substr(mark.size());
    }
  }
  if (found.empty()) found = core::trim(said.error);
  for (const std::string& hidden : {secret, token}) {
    if (!hidden.empty() && found.find(hidden) != std::string::npos) found = "(not shown)";
  }
  found = found.substr(0, kMostShown);
  std::erase_if(found, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return core::is_utf8(found) ? found : "(not UTF-8)";
}

bool says(const Said& said, std::initializer_list<std::string_view> texts) {
  return std::ranges::any_of(
      texts, [&](std::string_view text) { return said.error.find(text) != std::string::npos; });
}

Kind kind_of(const Said& said) {
  if (!said.in_time) return Kind::kUnreachable;
  if (said.status.signal == SIGXFSZ || says(said, {"died of signal 25", "File too large"})) {
    return Kind::kTooLarge;
  }
  if (says(said, {"couldn't find remote ref", "not our ref", "unadvertised object",
                  "not a valid object name", "not a tree object"})) {
    return Kind::kNoBranch;
  }
  if (says(said, {"Authentication failed", "could not read Username", "could not read Password",
                  "returned error: 30", "returned error: 401", "returned error: 403",
                  "returned error: 404", "' not found", "does not appear to be a git repository",
                  "does not exist", "Repository not found"})) {
    return Kind::kRefused;
  }
  if (says(said, {"Could not resolve host", "Failed to connect", "Connection refused",
                  "Connection timed out", "unable to access", "Operation too slow", "early EOF",
                  "unexpected disconnect", "hung up unexpectedly"})) {
    return Kind::kUnreachable;
  }
  return Kind::kFailed;
}

/// The most of a text that is UTF-8: commits may be in any encoding.
std::string utf8_of(std::string text) {
  if (core::is_utf8(text)) return text;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

std::int64_t seconds_of(std::string_view text) {
  return static_cast<std::int64_t>(core::parse_uint(text).value_or(0));
}

GitCommit parse_commit(const std::string& text) {
  constexpr std::size_t kParts = 6;
  std::vector<std::string_view> parts;
  std::string_view rest = text;
  while (parts.size() + 1 < kParts) {
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) break;
    parts.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (parts.size() + 1 != kParts || !is_commit_id(parts[0])) {
    throw GitError(Kind::kFailed, "git did not say what the newest commit is");
  }
  return {.id = std::string(parts[0]),
          .message = utf8_of(std::string(core::trim(rest))),
          .author_name = utf8_of(std::string(parts[1])),
          .author_email = utf8_of(std::string(parts[2])),
          .author_s = seconds_of(parts[3]),
          .committer_s = seconds_of(parts[4])};
}

void make_scratch(const fs::path& scratch) {
  fs::create_directories(scratch);
  fs::permissions(scratch, fs::perms::owner_all);
  core::write_file_atomically(scratch / "config", kConfiguration, core::kSecretMode);
}

void remove_scratch(const fs::path& scratch) {
  std::error_code error;
  fs::remove_all(scratch, error);
  if (error) log::warning("{}: {}", scratch.string(), error.message());
}

/// A folder for one question, which is removed when that is over.
class Scratch {
 public:
  Scratch(core::Workers& pool, fs::path path) : pool_(pool), path_(std::move(path)) {}
  ~Scratch() {
    pool_.post([path = path_] { remove_scratch(path); });
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Task<void> make() const {
    auto work = [path = path_] { make_scratch(path); };
    std::string failed;
    try {
      co_await core::run_blocking(pool_, std::move(work));
    } catch (const std::system_error& error) {
      failed = error.what();
    }
    if (!failed.empty()) throw GitError(Kind::kFailed, failed);
  }
  const fs::path& path() const { return path_; }

 private:
  core::Workers& pool_;
  fs::path path_;
};

std::string secret_of(const GitRemote& remote) {
  return remote.token.empty() ? "" : core::base64_encode("x-access-token:" + remote.token);
}

}  // namespace

struct GitClient::State {
  State(core::Workers& workers, core::Random& chance, fs::path where,
        std::vector<std::string> variables, Limits bounds)
      : pool(workers),
        random(chance),
        folder(std::move(where)),
        environment(std::move(variables)),
        limits(bounds),
        gate(bounds.at_once) {}

  std::vector<std::string> environment_for(const GitRemote& remote, const fs::path& scratch) const;
  Task<Said> git(const GitRemote* remote, fs::path scratch, std::vector<std::string> words);
  Task<Said> must(const GitRemote* remote, fs::path scratch, std::vector<std::string> words);
  Task<std::string> head_of(const GitRemote* remote, fs::path scratch);
  Task<std::string> make_repository(const GitRemote* remote, fs::path scratch);
  Task<GitCommit> read_newest(const GitRemote* remote, fs::path scratch);
  Task<void> fetch_commit(const GitRemote* remote, fs::path scratch, std::string id);
  void check(const GitRemote& remote) const;
  fs::path scratch_path() { return folder / core::random_text(random, 16, core::kLowerHex); }

  core::Workers& pool;
  core::Random& random;
  fs::path folder;
  std::vector<std::string> environment;
  Limits limits;
  core::Gate gate;
  std::map<std::string, GitCommit> known;  ///< by URL and id
};

/// The token is in the environment of the process alone, which is its owner's to read, and is sent
/// to its host alone (git-config(1), http.<url>.*).
std::vector<std::string> GitClient::State::environment_for(const GitRemote& remote,
                                                           const fs::path& scratch) const {
  std::vector<std::string> all = environment;
  all.insert(all.end(), {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1",
                         "GIT_TERMINAL_PROMPT=0",
                         // The state folder may lie in somebody's checkout, whose own remotes are
                         // not to be found from here.
                         "GIT_CEILING_DIRECTORIES=" + scratch.parent_path().string(),
                         "GIT_ALLOW_PROTOCOL=http:https:file", "HOME=" + scratch.string(),
                         "GIT_CONFIG_GLOBAL=" + (scratch / "config").string()});
  std::vector<std::pair<std::string, std::string>> settings{{"remote.origin.url", remote.url}};
  const std::string secret = secret_of(remote);
  if (!secret.empty()) {
    settings.emplace_back(fmt::format("http.{}.extraHeader", remote.url),
                          "Authorization: Basic " + secret);
  }
  all.push_back(fmt::format("GIT_CONFIG_COUNT={}", settings.size()));
  for (std::size_t i = 0; i < settings.size(); ++i) {
    all.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", i, settings[i].first));
    all.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", i, settings[i].second));
  }
  return all;
}

Task<Said> GitClient::State::git(const GitRemote* remote, fs::path scratch,
                                 std::vector<std::string> words) {
  auto said = std::make_shared<Said>();
  Bounds bounds(limits.file_bytes);
  ProcessOptions options;
  options.arguments = {"git"};
  options.arguments.insert(options.arguments.end(), words.begin(), words.end());
  options.environment = environment_for(*remote, scratch);
  options.working_directory = scratch.string();
  options.setup = &bounds;
  options.on_output = [said](std::string_view bytes) { keep(said->output, bytes); };
  options.on_error_output = [said](std::string_view bytes) { keep(said->error, bytes); };
  std::shared_ptr<ChildProcess> process;
  std::string missing;
  try {
    process = co_await ChildProcess::start_on(pool, std::move(options));
  } catch (const boost::system::system_error& error) {
    missing = error.code().message();
  }
  if (!process) {
    throw GitError(Kind::kFailed, fmt::format("git cannot be started ({}); 'apt-get install git' "
                                              "brings it",
                                              missing));
  }
  core::Timer deadline(co_await asio::this_coro::executor, limits.patience);
  deadline.async_wait([said, process](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    said->in_time = false;
    process->signal(SIGKILL);
  });
  said->status = co_await process->wait();
  co_return *said;
}

Task<Said> GitClient::State::must(const GitRemote* remote, fs::path scratch,
                                  std::vector<std::string> words) {
  Said said = co_await git(remote, std::move(scratch), std::move(words));
  if (said.good()) co_return said;
  const std::string complaint =
      said.in_time ? complaint_of(said, secret_of(*remote), remote->token)
                   : fmt::format("no answer within {} s", limits.patience.count() / 1'000);
  throw GitError(kind_of(said), complaint);
}

void GitClient::State::check(const GitRemote& remote) const {
  if (!is_branch_name(remote.branch)) {
    throw GitError(Kind::kNoBranch, "not a branch's name");
  }
  const bool known_form = remote.url.starts_with("http://") || remote.url.starts_with("https://") ||
                          remote.url.starts_with('/');
  const bool printable = std::ranges::all_of(remote.url, [](char c) { return c > ' ' && c < 127; });
  if (!known_form || !printable) throw GitError(Kind::kRefused, "not a repository's address");
}

Task<std::string> GitClient::State::head_of(const GitRemote* remote, fs::path scratch) {
  const std::string name = "refs/heads/" + remote->branch;
  std::vector<std::string> words{"ls-remote", "--", "origin", name};
  // Outside of a repository the variable that names the remote counts all the same.
  const Said said = co_await must(remote, std::move(scratch), std::move(words));
  for (const std::string_view line : core::split(said.output, '\n')) {
    const auto tab = line.find('\t');
    // What matches is the end of a name (git-ls-remote(1)).
    if (tab == std::string_view::npos || line.substr(tab + 1) != name) continue;
    if (is_commit_id(line.substr(0, tab))) co_return std::string(line.substr(0, tab));
  }
  throw GitError(Kind::kNoBranch, "there is no such branch");
}

/// Empty and bare. Returns where.
Task<std::string> GitClient::State::make_repository(const GitRemote* remote, fs::path scratch) {
  std::string repository = (scratch / "repository").string();
  std::vector<std::string> words{"init", "-q", "--bare", "--template=", repository};
  co_await must(remote, std::move(scratch), std::move(words));
  co_return repository;
}

Task<GitCommit> GitClient::State::read_newest(const GitRemote* remote, fs::path scratch) {
  const std::string id = co_await head_of(remote, scratch);
  const std::string key = remote->url + ' ' + id;
  if (const auto found = known.find(key); found != known.end()) co_return found->second;
  const std::string repository = co_await make_repository(remote, scratch);
  // Without files, where the host knows how.
  std::vector<std::string> fetch{"-C",
                                 repository,
                                 "fetch",
                                 "-q",
                                 "--no-tags",
                                 "--depth=1",
                                 "--filter=tree:0",
                                 "--no-recurse-submodules",
                                 "origin",
                                 fmt::format("+refs/heads/{}:{}", remote->branch, kNewest)};
  co_await must(remote, scratch, std::move(fetch));
  std::vector<std::string> show{"-C",
                                repository,
                                "log",
                                "-1",
                                "--no-show-signature",
                                "--format=%H%x00%an%x00%ae%x00%at%x00%ct%x00%B",
                                kNewest};
  const Said said = co_await must(remote, scratch, std::move(show));
  GitCommit commit = parse_commit(said.output);
  if (known.size() >= kMostKnown) known.clear();
  known[remote->url + ' ' + commit.id] = commit;
  co_return commit;
}

Task<void> GitClient::State::fetch_commit(const GitRemote* remote, fs::path scratch,
                                          std::string id) {
  const std::string repository = co_await make_repository(remote, scratch);
  std::vector<std::string> one{
      "-C",     repository, "fetch", "-q", "--no-tags", "--depth=1", "--no-recurse-submodules",
      "origin", id};
  const Said said = co_await git(remote, scratch, std::move(one));
  if (said.good()) co_return;
  // Servers may refuse what is not the end of a branch (git-config(1),
  // uploadpack.allowReachableSHA1InWant).
  std::vector<std::string> all{
      "-C",        repository,
      "fetch",     "-q",
      "--no-tags", "--no-recurse-submodules",
      "origin",    fmt::format("+refs/heads/{}:{}", remote->branch, kNewest)};
  co_await must(remote, scratch, std::move(all));
}

GitClient::GitClient(core::Workers& pool, core::Random& random, fs::path folder,
                     std::vector<std::string> environment, Limits limits)
    : state_(std::make_unique<State>(pool, random, std::move(folder), std::move(environment),
                                     limits)) {}

GitClient::~GitClient() = default;

void GitClient::start() { remove_scratch(state_->folder); }

Task<GitCommit> GitClient::newest(GitRemote remote) {
  State* state = state_.get();
  state->check(remote);
  const auto place = co_await state->gate.enter();
  const Scratch scratch(state->pool, state->scratch_path());
  co_await scratch.make();
  co_return co_await state->read_newest(&remote, scratch.path());
}

Task<void> GitClient::archive(GitRemote remote, std::string commit_id, fs::path file) {
  State* state = state_.get();
  state->check(remote);
  if (!is_commit_id(commit_id)) throw GitError(Kind::kNoBranch, "not a commit's id");
  const auto place = co_await state->gate.enter();
  const Scratch scratch(state->pool, state->scratch_path());
  co_await scratch.make();
  co_await state->fetch_commit(&remote, scratch.path(), commit_id);
  const std::string repository = (scratch.path() / "repository").string();
  std::vector<std::string> words{"-C", repository,    "archive", "--format=zip",
                                 "-o", file.string(), commit_id};
  std::exception_ptr failed;
  try {
    co_await state->must(&remote, scratch.path(), std::move(words));
  } catch (const GitError&) {
    failed = std::current_exception();
  }
  if (!failed) co_return;
  std::error_code ignored;
  fs::remove(file, ignored);
  std::rethrow_exception(failed);
}

std::vector<std::string> git_environment() {
  std::vector<std::string> found;
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY", "GIT_SSL_CAINFO", "SSL_CERT_FILE"}) {
    if (const char* value = std::getenv(name)) found.push_back(fmt::format("{}={}", name, value));
  }
  return found;
}

}  // namespace tandem::net
