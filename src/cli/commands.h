// The list of commands. Each add_… registers one on the application with its flags and help, and
// sets exit_code when it has run.
#pragma once

#include "cli/command.h"

namespace tandem::cli {

void add_up(CLI::App& app, Common& common, int& exit_code);
void add_plan(CLI::App& app, Common& common, int& exit_code);
void add_down(CLI::App& app, Common& common, int& exit_code);
void add_destroy(CLI::App& app, Common& common, int& exit_code);
void add_status(CLI::App& app, Common& common, int& exit_code);
void add_call(CLI::App& app, Common& common, int& exit_code);
void add_region(CLI::App& app, Common& common, int& exit_code);
void add_env(CLI::App& app, Common& common, int& exit_code);
/// words is what followed "--": the tool and its arguments.
void add_exec(CLI::App& app, Common& common, std::vector<std::string> words);
void add_logs(CLI::App& app, Common& common, int& exit_code);
void add_conflicts(CLI::App& app, Common& common, int& exit_code);
void add_capacity(CLI::App& app, Common& common, int& exit_code);
void add_pipeline(CLI::App& app, Common& common, int& exit_code);
void add_ca(CLI::App& app, Common& common, int& exit_code);
void add_version(CLI::App& app, Common& common, int& exit_code);
/// The process itself, as `up` starts it; not shown in the help.
void add_node(CLI::App& app, int& exit_code);

/// What serves the network of one `exec`, which starts it; not shown in the help.
void add_exec_network(CLI::App& app, int& exit_code);
/// What builds and serves the room of one build, which a region starts; not shown in the help.
void add_build_room(CLI::App& app, int& exit_code);

/// --file and --output.
void add_common_options(CLI::App& app, Common& common);
/// --output alone.
void add_output_option(CLI::App& app, Common& common);

/// Runs the whole command line; returns the exit code.
int run(int argc, char** argv);

}  // namespace tandem::cli
