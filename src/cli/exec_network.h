// The network of `tandem exec`: names.h says where names and addresses lead in it, sandbox/ makes
// it, and a helper (exec_helper.cc), in the background and outside, serves it for as long as
// anything runs inside.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/local.h"
#include "topology/topology.h"

namespace tandem::cli {

/// This process goes there, and so does what it executes. trusted: certificates of authorities, the
/// machine's and ours, which are seen in place of the machine's; empty: there is no such file.
/// Returns why it has stayed where it was, or "". Throws Failure when it is neither here nor there.
std::string enter_named_network(const topology::LocalWorld& world,
                                const topology::Topology& topology,
                                const std::filesystem::path& trusted);

/// The state folder of the world to which names lead here, when this runs under its `exec`.
std::optional<std::filesystem::path> inside_exec_of();
/// Throws a usage Failure there: what is started inside nobody outside could reach.
void require_outside_of_exec(std::string_view command);

/// What the helper says to the command, once: why there are no namespaces, or what the user is to
/// know of them.
struct HelperSays {
  std::string why;
  std::string note;
};
void send_answer(int channel, const HelperSays& says, const std::vector<int>& namespaces);
/// How /etc/resolv.conf begins inside; the state folder follows.
inline constexpr std::string_view kInsideMark = "# tandem exec, of ";

}  // namespace tandem::cli
