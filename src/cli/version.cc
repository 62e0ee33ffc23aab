#include "core/version.h"

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace tandem::cli {

void add_version(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand("version", "Print the version");
  command->callback([&common, &exit_code] {
    if (common.format() == Format::kJson) {
      print_json(json::object{{"version", core::kVersion}});
    } else {
      print("tandem " + std::string(core::kVersion));
    }
    exit_code = 0;
  });
}

}  // namespace tandem::cli
