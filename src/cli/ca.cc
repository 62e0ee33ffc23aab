#include <CLI/CLI.hpp>
#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "topology/local.h"

namespace tandem::cli {

void add_ca(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand("ca", "Print the local certificate authority's certificate");
  auto path_only = std::make_shared<bool>(false);
  command->add_flag("--path", *path_only, "Print where the file is instead");
  command->callback([&common, &exit_code, path_only] {
    const auto world = topology::LocalWorld::open(common.file);
    world.check_ca();
    std::ifstream in(world.ca_file());
    std::ostringstream pem;
    pem << in.rdbuf();
    const std::string path = world.ca_file().string();
    if (common.format() == Format::kJson) {
      print_json(json::object{{"path", path}, {"certificate", pem.str()}});
    } else {
      print_exactly(*path_only ? path : pem.str());
    }
    exit_code = 0;
  });
}

}  // namespace tandem::cli
