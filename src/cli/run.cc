#include <CLI/CLI.hpp>
#include <exception>

#include "aws/error.h"
#include "cli/commands.h"
#include "topology/deploy.h"
#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {
namespace {

constexpr const char* kAbout =
    "Runs a serverless application active-active in two AWS regions on this machine,\n"
    "and proves that it survives losing one.\n\n"
    "Start with 'tandem up' in a folder that has a tandem.yaml.";

/// Registers, parses, runs. Commands run inside parse(), as CLI11 callbacks.
int parse_and_run(int argc, char** argv) {
  CLI::App app{kAbout, "tandem"};
  app.require_subcommand(1);
  app.fallthrough();
  Common common;
  app.add_option("-f,--file", common.file, "The topology file")->capture_default_str();
  app.add_option("--output", common.output, "text, or json for scripts")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  int exit_code = 0;
  add_up(app, common, exit_code);
  add_down(app, common, exit_code);
  add_destroy(app, common, exit_code);
  add_status(app, common, exit_code);
  add_call(app, common, exit_code);
  add_region(app, common, exit_code);
  add_env(app, common, exit_code);
  add_exec(app, common, exit_code);
  add_logs(app, common, exit_code);
  add_ca(app, common, exit_code);
  add_version(app, common, exit_code);
  add_node(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kUsage;
  }
  return exit_code;
}

}  // namespace

int run(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const Failure& failure) {
    remark(std::string("tandem: ") + failure.what());
    return failure.exit_code;
  } catch (const topology::TopologyError& error) {
    remark(error.message);
    return kUsage;
  } catch (const topology::LocalError& error) {
    remark("tandem: " + error.message);
    return kFailed;
  } catch (const topology::DeployError& error) {
    remark("tandem: " + error.message);
    return kFailed;
  } catch (const aws::ApiError& error) {
    remark("tandem: " + error.code() + ": " + error.message());
    return kFailed;
  } catch (const std::exception& error) {
    remark(std::string("tandem: ") + error.what());
    return kFailed;
  }
}

}  // namespace tandem::cli
