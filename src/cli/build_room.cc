// The processes of builds' rooms, which a region starts as commands of their own.
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "sandbox/room_builder.h"

namespace tandem::cli {

void add_build_room(CLI::App& app, int& exit_code) {
  app.add_subcommand("build-room", "Build the room of one build")
      ->group("")
      ->callback([&exit_code] { exit_code = sandbox::build_room(); });
  app.add_subcommand("serve-room", "Start what runs in the room of one build")
      ->group("")
      ->callback([&exit_code] { exit_code = sandbox::serve_room(); });
}

}  // namespace tandem::cli
