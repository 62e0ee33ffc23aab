#include "sandbox/cell.h"

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

#include "core/check.h"
#include "sandbox/bubblewrap.h"
#include "sandbox/channel.h"
#include "sandbox/closed.h"
#include "sandbox/explain.h"
#include "sandbox/setup.h"
#include "sandbox/syscall_filter.h"
#include "sandbox/way_out.h"

namespace tandem::sandbox {
namespace {

/// As ChildProcess numbers what is inherited.
constexpr int kArgumentsDescriptor = 3;
constexpr int kFilterDescriptor = 4;
constexpr int kGateDescriptor = 5;

/// What holds the program back until its network is complete.
struct Gate {
  Gate() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw CellError(explain_setup("pipe", errno));
    there = net::Descriptor(ends[0]);
    here = net::Descriptor(ends[1]);
  }
  /// There always is a reader: we hold the other end, too.
  void open() const { CHECK(::write(here.get(), "x", 1) == 1); }
  net::Descriptor here;
  net::Descriptor there;
};

BubblewrapOptions view_of(const CellOptions& options, const CellSetup& setup) {
  BubblewrapOptions view;
  for (std::size_t i = 0; i < options.views.size(); ++i) {
    view.views.emplace_back(setup.view_path(i), options.views[i].second);
  }
  view.empty_folders = options.empty_folders;
  view.links = options.links;
  view.root = options.root;
  view.working_directory = options.working_directory;
  view.tmp_mb = options.tmp_mb;
  view.environment = options.environment;
  view.filter_descriptor = kFilterDescriptor;
  if (options.network == Network::kOutbound) {
    view.gate_descriptor = kGateDescriptor;
    view.resolves_names = true;
  }
  return view;
}

/// Which users exist does not change while we run.
const CellUsers& users() {
  static const CellUsers found = cell_users();
  return found;
}

CellSetup::Options setup_options(const CellOptions& options, const Channel& channel) {
  CellSetup::Options setup;
  setup.network = options.network;
  setup.users = users();
  if (options.network == Network::kOutbound) {
    setup.closed = machine_addresses();
    for (const in_addr& each : metadata_addresses()) setup.closed.push_back(each);
  }
  for (const Door& door : options.doors) setup.doors.push_back(socket_address(door));
  for (const Door& door : options.udp_doors) setup.udp_doors.push_back(socket_address(door));
  setup.door_channel = channel.there.get();
  for (const auto& [outside, inside] : options.views) setup.views.push_back(outside.string());
  return setup;
}

std::string explain_start(const CellSetup& setup, const boost::system::system_error& error) {
  const int number = error.code().value();
  if (number == ENOENT && setup.stage() == std::string_view("")) {
    return "bubblewrap is missing; 'apt-get install bubblewrap' brings it";
  }
  return explain_setup(setup.stage(), number);
}

}  // namespace

Task<Cell> start_cell(core::Workers& pool, CellOptions options) {
  CHECK(options.network != Network::kHost || (options.doors.empty() && options.udp_doors.empty()));
  const Channel channel;
  CellSetup setup(setup_options(options, channel));
  const net::Descriptor arguments = net::memory_file(bubblewrap_arguments(view_of(options, setup)));
  static const std::string filter = syscall_filter();
  static const std::string filter_with_way_out = syscall_filter(Ipv6::kRefused);
  const net::Descriptor filter_file =
      net::memory_file(options.network == Network::kOutbound ? filter_with_way_out : filter);

  net::ProcessOptions process;
  process.arguments = {"bwrap", "--args", std::to_string(kArgumentsDescriptor), "--",
                       options.program};
  process.arguments.insert(process.arguments.end(), options.arguments.begin(),
                           options.arguments.end());
  process.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  process.working_directory = "/";
  process.inherited = {arguments.get(), filter_file.get()};
  std::optional<Gate> gate;
  if (options.network == Network::kOutbound) {
    gate.emplace();
    process.inherited.push_back(gate->there.get());
  }
  process.setup = &setup;
  process.on_output = std::move(options.on_output);
  process.on_error_output = std::move(options.on_error_output);
  Cell cell;
  std::string failed;
  try {
    cell.process = co_await net::ChildProcess::start_on(pool, std::move(process));
  } catch (const boost::system::system_error& error) {
    failed = explain_start(setup, error);
  }
  if (!failed.empty()) throw CellError(failed);
  const std::size_t tcp_doors = options.doors.size();
  cell.doors = receive_descriptors(channel.here.get(), tcp_doors + options.udp_doors.size());
  for (std::size_t i = tcp_doors; i < cell.doors.size(); ++i) {
    cell.udp_doors.push_back(std::move(cell.doors[i]));
  }
  cell.doors.resize(tcp_doors);
  if (gate) {
    const pid_t pid = cell.process->pid();
    WayOut way = co_await open_way_out(pool, {.inside = pid, .user = users().of(pid)});
    cell.way_out = std::move(way.process);
    cell.offline = std::move(way.offline);
    gate->open();
  }
  co_return cell;
}

}  // namespace tandem::sandbox
