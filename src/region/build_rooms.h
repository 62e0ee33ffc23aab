// The rooms of CodeBuild's builds: sandbox/ makes them, and this region answers what is asked in
// their networks. There, AWS's names lead to the regions of this machine and to global, whether the
// service is served or not; the application's names to where Tandem's DNS says; all others to where
// they lead outside. 169.254.170.2 gives out the project's role's credentials, in its room alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "region/inside_network.h"
#include "sandbox/room.h"
#include "service/names.h"
#include "service/node.h"
#include "services/codebuild/ports.h"

namespace tandem::region {

class RegionBuildRooms final : public codebuild::BuildRooms {
 public:
  /// Borrows both. program: Tandem, or what has its commands build-room and serve-room.
  RegionBuildRooms(service::Node& node, InsideNetwork& network,
                   std::string program = "/proc/self/exe");
  ~RegionBuildRooms() override;

  Task<std::unique_ptr<codebuild::BuildRoom>> open(codebuild::RoomOptions options) override;
  void sweep(const std::filesystem::path& rooms_folder) override;

 private:
  class Opened;

  service::Node& node_;
  InsideNetwork& network_;
  std::string program_;
  service::Names names_;
  sandbox::HiddenFiles hidden_;
};

}  // namespace tandem::region
