#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <optional>
#include <sstream>

#include "aws/error.h"
#include "cli/commands.h"
#include "core/nearest.h"
#include "core/text.h"
#include "core/version.h"
#include "topology/deploy.h"
#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {
namespace {

constexpr const char* kAbout =
    "Runs a serverless application active-active in two AWS regions on this machine,\n"
    "and proves that it survives losing one.\n\n"
    "Start with 'tandem up' in a folder that has a tandem.yaml.";

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 the command line or tandem.yaml is wrong or what it asks for "
    "is\n"
    "refused, 3 what was asked about is not running, 4 'plan --detailed-exitcode' has something "
    "to\n"
    "change. 'exec' ends as its tool does. With --output json a failure is\n"
    "{\"error\": {\"message\", \"exitCode\"}} on standard output.";

/// What follows "--" after exec, cut off from argv: CLI11 would take brackets in it apart.
std::vector<std::string> tool_words(int& argc, char** argv) {
  const auto end = argv + argc;
  const auto is = [](std::string_view wanted) {
    return [wanted](const char* word) { return word == wanted; };
  };
  const auto mark = std::find_if(argv, end, is("--"));
  if (mark == end || std::find_if(argv, mark, is("exec")) == mark) return {};
  argc = static_cast<int>(mark - argv);
  return {mark + 1, end};
}

/// What CLI11 says to standard error and output, and what it comes to. Throws Failure.
int explain_parse(CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  std::ostringstream said;
  const int code = app.exit(error, out, said);
  if (!out.str().empty()) print(out.str());
  if (code == 0) return 0;
  throw Failure(kUsage, std::string(core::trim(said.str())));
}

/// "tandem region", for the words of a message.
std::string called(const CLI::App* command) {
  const CLI::App* parent = command->get_parent();
  return parent == nullptr ? command->get_name() : called(parent) + " " + command->get_name();
}

std::vector<std::string> commands_of(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* command : group.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    // Of letters nobody can say which was meant.
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// "; did you mean 'status'? 'tandem --help' lists them".
std::string remedy(const std::string& word, const std::vector<std::string>& known,
                   const CLI::App* lists_them) {
  const auto meant = core::nearest_word(word, known);
  return (meant ? "; did you mean '" + *meant + "'? '" : "; '") + called(lists_them) +
         " --help' lists them";
}

enum class Kind { kName, kFlag };

/// Of words that nothing takes: the first of the kind, or nothing.
std::optional<std::string> first_of(Kind kind, const std::vector<std::string>& words) {
  const auto found = std::ranges::find_if(words, [&](const std::string& word) {
    return (word.size() > 1 && word.front() == '-') == (kind == Kind::kFlag);
  });
  return found == words.end() ? std::nullopt : std::optional(*found);
}

/// The innermost command that the line names.
const CLI::App* chosen(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? &app : chosen(*below.front());
}

int explain_missing(CLI::App& app, const CLI::RequiredError& error) {
  const std::vector<std::string> words = app.remaining(true);
  if (words == std::vector<std::string>{"help"}) {
    print(app.help());
    return 0;
  }
  const CLI::App* group = chosen(app);
  const std::vector<std::string> commands = commands_of(*group);
  if (commands.empty()) return explain_parse(app, error);
  if (const auto word = first_of(Kind::kName, words)) {
    throw Failure(kUsage, fmt::format("there is no command '{}'{}",
                                      group == &app ? *word : group->get_name() + " " + *word,
                                      remedy(*word, commands, group)));
  }
  if (group == &app && words.empty()) {
    remark(app.help());
    throw Failure(kUsage, "name a command");
  }
  if (const auto flag = first_of(Kind::kFlag, words)) {
    throw Failure(kUsage, fmt::format("'{}' takes no '{}'{}", called(group), *flag,
                                      remedy(*flag, flags_of(*group), group)));
  }
  throw Failure(kUsage, fmt::format("name what '{}' is to do: {}", called(group),
                                    core::join(commands, ", ")));
}

int explain_extras(CLI::App& app) {
  const CLI::App* command = chosen(app);
  const std::vector<std::string> words = app.remaining(true);
  if (const auto flag = first_of(Kind::kFlag, words)) {
    throw Failure(kUsage, fmt::format("'{}' takes no '{}'{}", called(command), *flag,
                                      remedy(*flag, flags_of(*command), command)));
  }
  throw Failure(kUsage, fmt::format("'{}' takes no '{}'; '{} --help' says what it takes",
                                    called(command), core::join(words, " "), called(command)));
}

/// So that every command's help lists what it takes, and not only the program's.
void repeat_common_options(CLI::App& group, Common& common) {
  for (CLI::App* command : group.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    const bool has = command->get_option_no_throw("--output") != nullptr;
    if (!has && command->get_name() != "version") add_common_options(*command, common);
    if (!has && command->get_name() == "version") add_output_option(*command, common);
    repeat_common_options(*command, common);
  }
}

/// Registers, parses, runs. Commands run inside parse(), as CLI11 callbacks.
int parse_and_run(int argc, char** argv, Common& common) {
  CLI::App app{kAbout, "tandem"};
  app.footer(kExitCodes);
  app.set_version_flag("--version", "tandem " + std::string(core::kVersion));
  app.require_subcommand(1);
  app.fallthrough();
  add_common_options(app, common);
  int exit_code = 0;
  add_up(app, common, exit_code);
  add_plan(app, common, exit_code);
  add_down(app, common, exit_code);
  add_destroy(app, common, exit_code);
  add_status(app, common, exit_code);
  add_call(app, common, exit_code);
  add_region(app, common, exit_code);
  add_env(app, common, exit_code);
  add_exec(app, common, tool_words(argc, argv));
  add_logs(app, common, exit_code);
  add_conflicts(app, common, exit_code);
  add_capacity(app, common, exit_code);
  add_pipeline(app, common, exit_code);
  add_ca(app, common, exit_code);
  add_version(app, common, exit_code);
  add_node(app, exit_code);
  add_exec_network(app, exit_code);
  add_build_room(app, exit_code);
  repeat_common_options(app, common);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    return explain_missing(app, error);
  } catch (const CLI::ExtrasError&) {
    return explain_extras(app);
  } catch (const CLI::ParseError& error) {
    return explain_parse(app, error);
  }
  return exit_code;
}

/// Whether --output json is among the words, also of a line that cannot be parsed.
bool asks_for_json(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    if (words[i] == "--output=json") return true;
    if (words[i] == "--output" && i + 1 < words.size() && words[i + 1] == "json") return true;
  }
  return false;
}

/// The message, and for what a process that died in between causes, what to do.
std::string explain(const aws::ApiError& error) {
  std::string text = error.code() + ": " + error.message();
  if (error.code() == "ServiceUnavailable" || error.code() == "RequestOutcomeUnknown") {
    text += "; 'tandem status' shows what runs, 'tandem up' starts the rest and goes on from here";
  }
  return text;
}

}  // namespace

void add_common_options(CLI::App& app, Common& common) {
  app.add_option("-f,--file", common.file, "The topology file")->capture_default_str();
  add_output_option(app, common);
}

void add_output_option(CLI::App& app, Common& common) {
  app.add_option("--output", common.output, "text, or json for scripts")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

namespace {

/// Everything that ends a command, as one kind.
Failure as_failure(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const Failure& failure) {
    return failure;
  } catch (const topology::TopologyError& error) {
    return {kUsage, error.message};
  } catch (const topology::NotRunning& error) {
    return {kNotRunning, error.message};
  } catch (const topology::LocalError& error) {
    return {kFailed, error.message};
  } catch (const topology::Refused& error) {
    return {kUsage, error.message};
  } catch (const topology::DeployError& error) {
    return {kFailed, error.message};
  } catch (const aws::ApiError& error) {
    return {kFailed, explain(error)};
  } catch (const std::exception& error) {
    return {kFailed, error.what()};
  }
}

}  // namespace

int run(int argc, char** argv) {
  Common common;
  std::exception_ptr failed;
  std::string who = "tandem: ";
  try {
    return parse_and_run(argc, argv, common);
  } catch (const topology::TopologyError&) {
    failed = std::current_exception();
    who.clear();  // Its lines begin with the file's name.
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  const Failure failure = as_failure(failed);
  remark(who + failure.what());
  if (asks_for_json(argc, argv)) {
    json::object document = failure.details;
    document["error"] = json::object{{"message", failure.what()}, {"exitCode", failure.exit_code}};
    print_json(document);
  }
  return failure.exit_code;
}

}  // namespace tandem::cli
