#include <CLI/CLI.hpp>
#include <exception>

#include "aws/error.h"
#include "cli/commands.h"
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
    "Exit codes: 0 done, 1 failed, 2 the command line or tandem.yaml is wrong, 3 what was asked "
    "about\n"
    "is not running. 'exec' ends as its tool does.";

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

/// Registers, parses, runs. Commands run inside parse(), as CLI11 callbacks.
int parse_and_run(int argc, char** argv) {
  CLI::App app{kAbout, "tandem"};
  app.footer(kExitCodes);
  app.set_version_flag("--version", "tandem " + std::string(core::kVersion));
  app.require_subcommand(1);
  app.fallthrough();
  Common common;
  add_common_options(app, common);
  int exit_code = 0;
  add_up(app, common, exit_code);
  add_down(app, common, exit_code);
  add_destroy(app, common, exit_code);
  add_status(app, common, exit_code);
  add_call(app, common, exit_code);
  add_region(app, common, exit_code);
  add_env(app, common, exit_code);
  add_exec(app, common, exit_code, tool_words(argc, argv));
  add_logs(app, common, exit_code);
  add_ca(app, common, exit_code);
  add_version(app, common, exit_code);
  add_node(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const std::vector<std::string> words = app.remaining();
    if (words == std::vector<std::string>{"help"}) {
      print(app.help());
      return 0;
    }
    if (words.empty() && app.get_subcommands().empty()) {
      remark(app.help());
    } else if (!app.get_subcommands().empty()) {
      app.exit(error);
    } else {
      remark("tandem: there is no command '" + words.back() + "'; 'tandem --help' lists them");
    }
    return kUsage;
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kUsage;
  }
  return exit_code;
}

/// The message, and for what a process that died in between causes, what to do.
std::string explain(const aws::ApiError& error) {
  std::string text = "tandem: " + error.code() + ": " + error.message();
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

int run(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const Failure& failure) {
    if (*failure.what() != '\0') remark(std::string("tandem: ") + failure.what());
    return failure.exit_code;
  } catch (const topology::TopologyError& error) {
    remark(error.message);
    return kUsage;
  } catch (const topology::NotRunning& error) {
    remark("tandem: " + error.message);
    return kNotRunning;
  } catch (const topology::LocalError& error) {
    remark("tandem: " + error.message);
    return kFailed;
  } catch (const topology::Refused& error) {
    remark("tandem: " + error.message);
    return kUsage;
  } catch (const topology::DeployError& error) {
    remark("tandem: " + error.message);
    return kFailed;
  } catch (const aws::ApiError& error) {
    remark(explain(error));
    return kFailed;
  } catch (const std::exception& error) {
    remark(std::string("tandem: ") + error.what());
    return kFailed;
  }
}

}  // namespace tandem::cli
