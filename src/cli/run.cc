#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <sstream>

#include "aws/error.h"
#include "cli/commands.h"
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
    "refused, 3 what was asked about is not running. 'exec' ends as its tool does. With --output "
    "json\n"
    "a failure is {\"error\": {\"message\", \"exitCode\"}} on standard output.";

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

int explain_missing(CLI::App& app, const CLI::RequiredError& error) {
  const std::vector<std::string> words = app.remaining();
  if (words == std::vector<std::string>{"help"}) {
    print(app.help());
    return 0;
  }
  if (!app.get_subcommands().empty()) return explain_parse(app, error);
  if (words.empty()) {
    remark(app.help());
    throw Failure(kUsage, "name a command");
  }
  throw Failure(kUsage, "there is no command '" + words.back() + "'; 'tandem --help' lists them");
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
  add_down(app, common, exit_code);
  add_destroy(app, common, exit_code);
  add_status(app, common, exit_code);
  add_call(app, common, exit_code);
  add_region(app, common, exit_code);
  add_env(app, common, exit_code);
  add_exec(app, common, tool_words(argc, argv));
  add_logs(app, common, exit_code);
  add_ca(app, common, exit_code);
  add_version(app, common, exit_code);
  add_node(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    return explain_missing(app, error);
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
