#include "services/lambda/exec/runtime_programs.h"

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "net/process.h"
#include "services/lambda/exec/cell_file.h"
#include "services/lambda/exec/client_files.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kMostSaid = 256UL * 1024;
constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

/// Libraries that programs for AWS's provided images count on.
constexpr auto kOfProvided = std::to_array<std::string_view>(
    {"ld-linux", "libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libresolv.so",
     "libgcc_s.so", "libstdc++.so", "libssl.so", "libcrypto.so", "libz.so"});

/// What it says of itself. Old versions run it, too.
constexpr const char* kAskNode =
    "var f=process.allowedNodeEnvironmentFlags||new Set();"
    "console.log(JSON.stringify({version:process.versions.node,program:process.execPath,flags:"
    "['--experimental-require-module','--experimental-detect-module'].filter(function(x){"
    "return f.has(x)})}))";
constexpr const char* kAskPython =
    "import json, os, sys, sysconfig\n"
    "print(json.dumps({'version': '%d.%d.%d' % sys.version_info[:3],"
    " 'program': os.path.realpath(sys.executable), 'library': sysconfig.get_path('stdlib')}))";

struct Said {
  std::string text;
  bool good = false;
};

/// Runs a program of the user's own choice, outside of any cell: it is the one that he runs
/// himself.
Task<Said> ask(std::vector<std::string> arguments) {
  Said said;
  net::ProcessOptions options;
  options.arguments = std::move(arguments);
  options.environment = {fmt::format("PATH={}", kUsualPath), "LC_ALL=C"};
  options.working_directory = "/";
  options.on_output = [&said](std::string_view bytes) {
    said.text += bytes.substr(0, kMostSaid - std::min(kMostSaid, said.text.size()));
  };
  const asio::any_io_executor loop = co_await asio::this_coro::executor;
  std::unique_ptr<net::ChildProcess> process;
  try {
    process = net::ChildProcess::start(loop, std::move(options));
  } catch (const boost::system::system_error&) {
    process = nullptr;
  }
  if (process == nullptr) co_return said;
  core::Timer limit(loop);
  limit.expires_after(kPatience);
  limit.async_wait([&process](const boost::system::error_code& error) {
    if (!error) process->signal(SIGKILL);
  });
  const net::ExitStatus status = co_await process->wait();
  limit.cancel();
  said.good = status.signal == 0 && status.code == 0;
  co_return said;
}

/// Where a shell would find it; PATH is that of the region.
fs::path find_in_path(std::string_view name) {
  const char* path = std::getenv("PATH");
  const std::string folders = fmt::format("{}:{}", path == nullptr ? "" : path, kUsualPath);
  for (const std::string_view folder : core::split(folders, ':')) {
    if (!folder.starts_with('/')) continue;
    fs::path file = fs::path(folder) / name;
    std::error_code error;
    if (::access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file, error)) return file;
  }
  return {};
}

std::string what_brings(RuntimeFamily family) {
  return fmt::format(
      "'apt-get install {}' brings it, or functions.runtimes.{} in tandem.yaml names one",
      family == RuntimeFamily::kNode ? "nodejs" : "python3", key_of(family));
}

std::shared_ptr<RuntimeProgram> absent(std::string why) {
  auto none = std::make_shared<RuntimeProgram>();
  none->absent = std::move(why);
  return none;
}

/// What ldd(1) says that the loader takes: "name => /path (address)", or "/path (address)".
std::vector<fs::path> libraries_in(std::string_view said) {
  std::set<fs::path> found;
  for (std::string_view line : core::split(said, '\n')) {
    if (const std::size_t arrow = line.find("=> "); arrow != std::string_view::npos) {
      line.remove_prefix(arrow + 3);
    }
    line = core::trim(line);
    const std::size_t end = line.find(" (0x");
    if (!line.starts_with('/') || end == std::string_view::npos) continue;
    found.emplace(line.substr(0, end));
  }
  return {found.begin(), found.end()};
}

/// The parts of Python's own library that are machine code.
std::vector<std::string> extensions_of(const fs::path& library) {
  std::vector<std::string> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(library / "lib-dynload", error)) {
    if (entry.path().extension() == ".so") all.push_back(entry.path().string());
  }
  return all;
}

}  // namespace

LanguageVersion RuntimeProgram::language() const {
  const auto parts = core::split(version, '.');
  LanguageVersion found;
  if (!parts.empty()) found.major = static_cast<int>(core::parse_int(parts[0]).value_or(0));
  if (parts.size() > 1) found.minor = static_cast<int>(core::parse_int(parts[1]).value_or(0));
  return found;
}

RuntimePrograms::RuntimePrograms(core::Workers& pool, fs::path folder, RuntimeSettings settings)
    : pool_(pool), folder_(std::move(folder)), settings_(std::move(settings)) {}

void RuntimePrograms::start() {
  for (const ClientFile& file : client_files()) write_cell_file(folder_ / file.name, file.text);
}

/// The runtime's own setting counts before that of its language.
std::string RuntimePrograms::named(const RuntimeImage& image) const {
  for (const std::string_view key : {image.name, key_of(image.family)}) {
    const auto found = settings_.programs.find(std::string(key));
    if (found != settings_.programs.end()) return found->second;
  }
  return "";
}

namespace {

/// Asks the program what it is, and the loader what both load.
Task<std::shared_ptr<RuntimeProgram>> look_at(fs::path asked, RuntimeFamily family,
                                              sandbox::Root root) {
  const bool node = family == RuntimeFamily::kNode;
  std::vector<std::string> question = {asked.string(), "-e", kAskNode};
  if (!node) question = {asked.string(), "-I", "-S", "-c", kAskPython};
  const Said said = co_await ask(std::move(question));
  const auto parsed = json::parse_text(said.text);
  if (!said.good || !parsed || !parsed.value().is_object()) {
    co_return absent(fmt::format("{} does not say that it is {}: {}", asked.string(),
                                 language_of(family), what_brings(family)));
  }
  const json::object& about = parsed.value().get_object();
  auto found = std::make_shared<RuntimeProgram>();
  found->asked = asked;
  found->version = json::string_or(about, "version");
  found->program = json::string_or(about, "program");
  found->library = json::string_or(about, "library");
  if (const json::array* flags = json::find_array(about, "flags")) {
    for (const json::value& flag : *flags) found->known_flags.push_back(json::to_std(flag));
  }
  const LanguageVersion version = found->language();
  constexpr int kOldestNode = 14;
  constexpr int kOldestPythonMinor = 9;
  const bool old =
      node ? version.major < kOldestNode
           : version.major < 3 || (version.major == 3 && version.minor < kOldestPythonMinor);
  if (old) {
    co_return absent(fmt::format("{} is {} {}, which is too old: {} or later runs functions",
                                 asked.string(), language_of(family), found->version,
                                 node ? "14" : "3.9"));
  }
  std::vector<std::string> loads = {"ldd", found->program.string()};
  // Those of the machine's own Python are the machine's.
  if (!node &&
      (root == sandbox::Root::kStrict || !found->program.string().starts_with("/usr/bin/"))) {
    for (std::string& each : extensions_of(found->library)) loads.push_back(std::move(each));
  }
  const Said loaded = co_await ask(std::move(loads));
  found->shared = libraries_in(loaded.text);
  co_return found;
}

}  // namespace

Task<std::shared_ptr<const RuntimeProgram>> RuntimePrograms::find(RuntimeImage image) {
  const std::string wanted = named(image);
  const bool node = image.family == RuntimeFamily::kNode;
  const fs::path file = wanted.empty() ? find_in_path(node ? "node" : "python3") : fs::path(wanted);
  if (file.empty()) {
    co_return absent(fmt::format("this machine has no {}: {}", language_of(image.family),
                                 what_brings(image.family)));
  }
  std::error_code error;
  const auto changed = fs::last_write_time(file, error);
  if (error) {
    co_return absent(
        fmt::format("functions.runtimes of tandem.yaml names {}, which cannot be read: {}",
                    file.string(), error.message()));
  }
  const auto known = known_.find(file.string());
  if (known != known_.end() && known->second.changed == changed &&
      fs::exists(known->second.program->program, error)) {
    co_return known->second.program;
  }
  std::shared_ptr<const RuntimeProgram> found =
      co_await look_at(file, image.family, settings_.root);
  if (found->absent.empty()) known_[file.string()] = {found, changed};
  co_return found;
}

std::string RuntimePrograms::about(const RuntimeImage& image) {
  return json::to_text(json::object{{"runtime", image.name},
                                    {"dialect", image.dialect},
                                    {"sdk", image.sdk},
                                    {"version", json::array{image.major, image.minor}}});
}

std::string RuntimePrograms::mapping(const RuntimeImage& image, const RuntimeProgram& program,
                                     std::string_view today) {
  if (is_version(image, program.language())) return "";
  std::string text = fmt::format("{} runs on {} {} ({})", image.name, language_of(image.family),
                                 program.version, program.program.string());
  if (!image.deprecated.empty() && image.deprecated <= today) {
    text += fmt::format("; AWS retired it on {}", image.deprecated);
    if (image.blocked > image.deprecated && image.blocked <= today) {
      text += fmt::format(" and takes no code for it since {}", image.blocked);
    }
  }
  if (said_.insert(text).second) log::info("lambda: {}", text);
  return text;
}

Task<Views> RuntimePrograms::views_of_provided() {
  if (settings_.root == sandbox::Root::kMachine) co_return Views();
  if (provided_.empty()) {
    std::error_code error;
    std::vector<std::string> loads = {"ldd", fs::read_symlink("/proc/self/exe", error).string(),
                                      "/bin/sh"};
    const Said loaded = co_await ask(std::move(loads));
    for (const fs::path& library : libraries_in(loaded.text)) {
      const std::string name = library.filename().string();
      const bool wanted = std::ranges::any_of(
          kOfProvided, [&name](std::string_view prefix) { return name.starts_with(prefix); });
      if (wanted) add_view(provided_, library, library.string());
    }
    add_view(provided_, "/bin/sh", "/bin/sh");
  }
  co_return provided_;
}

void add_view(Views& views, const fs::path& outside, std::string inside) {
  std::error_code error;
  fs::path real = fs::canonical(outside, error);
  if (!error) views.emplace_back(std::move(real), std::move(inside));
}

std::vector<std::string> RuntimePrograms::command(const RuntimeImage& image,
                                                  const std::vector<std::string>& flags) {
  const bool node = image.family == RuntimeFamily::kNode;
  std::vector<std::string> all = {node ? "/var/lang/bin/node" : "/var/lang/bin/python3"};
  all.insert(all.end(), flags.begin(), flags.end());
  all.emplace_back(node ? "/var/runtime/index.mjs" : "/var/runtime/bootstrap.py");
  return all;
}

}  // namespace tandem::lambda
