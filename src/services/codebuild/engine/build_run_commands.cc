// What a build does inside its room.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "core/utf8.h"
#include "services/codebuild/engine/build_run.h"

namespace tandem::codebuild {
namespace {

/// CodePipeline takes so much of an action's output variables ("Quotas in AWS CodePipeline").
constexpr std::size_t kExportedBytes = 122'880;

/// What a runtime of a buildspec is here. Its command prints a version as the first number.
struct Runtime {
  std::string_view name;
  std::string_view program;
  std::string_view version;
};
constexpr std::array<Runtime, 7> kRuntimes{{{"dotnet", "dotnet", "dotnet --version"},
                                            {"golang", "go", "go version"},
                                            {"java", "java", "java -version"},
                                            {"nodejs", "node", "node --version"},
                                            {"php", "php", "php --version"},
                                            {"python", "python3", "python3 --version"},
                                            {"ruby", "ruby", "ruby --version"}}};

/// "v18.19.0" and "Python 3.11.2" both have one.
std::string version_in(std::string_view text) {
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return "";
  const std::size_t end = text.find_first_not_of("0123456789.", begin);
  return std::string(text.substr(begin, end == std::string_view::npos ? end : end - begin));
}

/// "18" and "18.x" ask for any 18; "latest" for anything. Java's images say "corretto17".
bool is_asked_for(std::string_view asked, std::string_view there) {
  std::string wanted = version_in(asked);
  while (wanted.ends_with('.')) wanted.pop_back();
  return wanted.empty() || wanted == there || there.starts_with(wanted + ".");
}

std::string shell_word(std::string_view text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return all + "'";
}

std::string reason_of(const CommandEnd& end) {
  return end.signal != 0 ? fmt::format("signal {}", end.signal)
                         : fmt::format("exit status {}", end.code);
}

}  // namespace

Task<PhaseEnd> BuildRun::commands(Phase at) {
  const auto index = static_cast<std::size_t>(at) - static_cast<std::size_t>(Phase::kInstall);
  PhaseEnd end;
  if (at == Phase::kInstall) {
    Task<void> entering = enter_source();
    co_await std::move(entering);
  }
  const PhaseSpec& phase = spec_.phases[index];
  log_->line(fmt::format("Entering phase {}", name_of(at)));
  if (at == Phase::kInstall && !spec_.runtime_versions.empty()) {
    Task<PhaseEnd> selecting = select_runtimes();
    end = co_await std::move(selecting);
    if (end.status != Status::kSucceeded) co_return end;
  }
  const std::string user = phase.run_as.empty() ? spec_.run_as : phase.run_as;
  Task<PhaseEnd> running = block(phase.commands, user);
  end = co_await std::move(running);
  const bool was_succeeding = succeeding_;
  if (end.status != Status::kSucceeded) succeeding_ = false;
  if (!phase.finally.empty() && !halted()) {
    log_->line("Running finally block");
    Task<PhaseEnd> finishing = block(phase.finally, user);
    const PhaseEnd last = co_await std::move(finishing);
    if (end.status == Status::kSucceeded) end = last;
  }
  succeeding_ = was_succeeding;
  co_return end;
}

Task<PhaseEnd> BuildRun::block(std::vector<std::string> texts, std::string user) {
  PhaseEnd end;
  for (const std::string& text : texts) {
    if (halted()) break;
    Task<PhaseEnd> running = command(text, user);
    end = co_await std::move(running);
    if (end.status != Status::kSucceeded) break;
  }
  co_return end;
}

Task<PhaseEnd> BuildRun::command(std::string text, std::string user) {
  log_->line(fmt::format("Running command {}", text));
  Command command;
  command.text = text;
  command.interpreter = spec_.shell;
  command.user = std::move(user);
  if (spec_.new_shells) {
    command.shell = Command::Shell::kNew;
    command.variables = set_in_shells_;
    command.text = fmt::format("cd {} || exit 1\n{}", shell_word(inside(source_folder())), text);
  }
  command.variables.emplace_back("CODEBUILD_BUILD_SUCCEEDING", succeeding_ ? "1" : "0");
  printed_ = false;
  Task<CommandEnd> running = room_->run(std::move(command));
  const CommandEnd end = co_await std::move(running);
  if (printed_) log_->output("\n");
  if (halted() || (end.code == 0 && end.signal == 0)) co_return PhaseEnd{};
  log_->line(fmt::format("Command did not exit successfully {} {}", text, reason_of(end)));
  co_return failure(
      "COMMAND_EXECUTION_ERROR",
      fmt::format("Error while executing command: {}. Reason: {}", text, reason_of(end)));
}

Task<void> BuildRun::enter_source() {
  if (spec_.new_shells) co_return;
  Command command;
  command.text = fmt::format("cd {}", shell_word(inside(source_folder())));
  command.interpreter = spec_.shell;
  command.variables = set_in_shells_;
  Task<CommandEnd> running = room_->run(std::move(command));
  const CommandEnd end = co_await std::move(running);
  if (end.code != 0 && !halted()) {
    throw BuildspecError("CLIENT_ERROR", "the source folder cannot be entered");
  }
}

Task<std::string> BuildRun::ask(std::string text, Command::Shell shell) {
  Command command;
  command.text = std::move(text);
  command.shell = shell;
  command.interpreter = spec_.shell;
  if (shell == Command::Shell::kNew) command.variables = set_in_shells_;
  std::string answer;
  captured_ = &answer;
  std::exception_ptr escaped;
  try {
    Task<CommandEnd> running = room_->run(std::move(command));
    co_await std::move(running);
  } catch (...) {
    escaped = std::current_exception();
  }
  captured_ = nullptr;
  if (escaped) std::rethrow_exception(escaped);
  co_return answer;
}

Task<PhaseEnd> BuildRun::select_runtimes() {
  for (const auto& [name, asked] : spec_.runtime_versions) {
    const auto runtime =
        std::find_if(kRuntimes.begin(), kRuntimes.end(),
                     [&, wanted = name](const Runtime& each) { return each.name == wanted; });
    if (runtime == kRuntimes.end()) {
      co_return failure("YAML_FILE_ERROR", fmt::format("Unknown runtime named '{}'", name));
    }
    Task<std::string> asking =
        ask(fmt::format("command -v {} >/dev/null 2>&1 && {} 2>&1 | head -n 1", runtime->program,
                        runtime->version),
            Command::Shell::kNew);
    const std::string there = version_in(co_await std::move(asking));
    if (halted()) break;
    if (there.empty()) {
      co_return failure("YAML_FILE_ERROR",
                        fmt::format("Unknown runtime version named '{}' of {}. This build image "
                                    "has the following versions: none ({} is not installed on "
                                    "this machine)",
                                    asked, name, runtime->program));
    }
    log_->line(is_asked_for(asked, there)
                   ? fmt::format("Selecting '{}' runtime version '{}' based on manual selections: "
                                 "this machine has {}",
                                 name, asked, there)
                   : fmt::format("Runtime '{}' version '{}' is not on this machine: {} is used",
                                 name, asked, there));
  }
  co_return PhaseEnd{};
}

Task<Variables> BuildRun::shell_variables() {
  // Shells of version 0.1 keep nothing: what all of them begin with is what there is.
  Variables all = environment_of({}, record_.settings, own_variables());
  all.insert(all.end(), set_in_shells_.begin(), set_in_shells_.end());
  if (!spec_.new_shells) {
    Task<Variables> asking = room_->variables();
    Variables now = co_await std::move(asking);
    if (!now.empty()) all = std::move(now);
  }
  co_return all;
}

Task<json::array> BuildRun::exported_variables() {
  json::array exported;
  if (room_ == nullptr || halted() || spec_.exported.empty()) co_return exported;
  Task<Variables> asking = shell_variables();
  const Variables all = co_await std::move(asking);
  const std::set<std::string> names(spec_.exported.begin(), spec_.exported.end());
  std::size_t left = kExportedBytes;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.first == name; });
    if (found == all.end() || !may_be_exported(name)) continue;
    std::string value = core::to_utf8(found->second);
    const std::size_t size = name.size() + value.size();
    if (size > left) {
      log_->line(fmt::format("{} is not exported: exported variables are {} bytes at most in all",
                             name, kExportedBytes));
      continue;
    }
    left -= size;
    exported.push_back({{"name", name}, {"value", value}});
  }
  co_return exported;
}

}  // namespace tandem::codebuild
