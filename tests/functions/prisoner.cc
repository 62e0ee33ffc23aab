// A function that tries to get out: each event names one attempt, and the answer says how it went.
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tandem/lambda_runtime.h"

namespace {

using tandem::lambda_runtime::Invocation;
using tandem::lambda_runtime::json_quote;
using tandem::lambda_runtime::Response;

constexpr std::size_t kMiB = 1024 * 1024;

/// The text after "name": " up to the next quote, escapes of line ends resolved; good enough for
/// test events.
std::string member(const std::string& event, const std::string& name) {
  const std::string key = "\"" + name + "\": \"";
  const std::size_t begin = event.find(key);
  if (begin == std::string::npos) return "";
  std::string value;
  for (std::size_t i = begin + key.size(); i < event.size() && event[i] != '"'; ++i) {
    if (event[i] == '\\' && i + 1 < event.size()) {
      ++i;
      value += event[i] == 'n' ? '\n' : event[i] == 'r' ? '\r' : event[i];
    } else {
      value += event[i];
    }
  }
  return value;
}

std::string outcome(long result) { return result >= 0 ? "done" : std::strerror(errno); }

std::string write_file(const std::string& event) {
  const int file = ::open(member(event, "path").c_str(), O_WRONLY | O_CREAT, 0644);
  if (file < 0) return outcome(file);
  const std::string result = outcome(::write(file, "x", 1));
  ::close(file);
  return result;
}

std::string read_file(const std::string& event) {
  std::ifstream file(member(event, "path"));
  if (!file) return std::strerror(errno);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string list_folder(const std::string& event) {
  DIR* folder = ::opendir(member(event, "path").c_str());
  if (folder == nullptr) return std::strerror(errno);
  std::string names;
  while (const dirent* each = ::readdir(folder)) {
    if (each->d_name[0] != '.') names += std::string(each->d_name) + " ";
  }
  ::closedir(folder);
  return names;
}

/// A connected socket, or -1 and errno.
int connect_to(const std::string& event) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(member(event, "port").c_str())));
  ::inet_pton(AF_INET, member(event, "address").c_str(), &address.sin_addr);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  timeval patience{2, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);  // for connect
  // Past the loopback device.
  const std::string device = member(event, "device");
  const bool bound = device.empty() || ::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE,
                                                    device.c_str(), device.size()) == 0;
  if (bound && ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  const int error = errno;
  ::close(socket);
  errno = error;
  return -1;
}

std::string connect_only(const std::string& event) {
  const int socket = connect_to(event);
  const std::string result = outcome(socket);
  if (socket >= 0) ::close(socket);
  return result;
}

std::string http(const std::string& event) {
  const int socket = connect_to(event);
  if (socket < 0) return std::strerror(errno);
  const std::string request = member(event, "request");
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) return outcome(-1);
  std::string answer;
  std::vector<char> piece(4096);
  while (true) {
    const ssize_t count = ::recv(socket, piece.data(), piece.size(), 0);
    if (count <= 0) break;
    answer.append(piece.data(), static_cast<std::size_t>(count));
  }
  ::close(socket);
  return answer;
}

/// What each of the calls that lead out says, a line each.
std::string system_calls(const std::string&) {
  const auto call = [](long number, auto... arguments) {
    return [=] { return ::syscall(number, arguments...); };
  };
  const std::vector<std::pair<const char*, std::function<long()>>> calls = {
      {"mount", call(SYS_mount, "none", "/tmp", "tmpfs", 0L, nullptr)},
      {"umount", call(SYS_umount2, "/tmp", 0L)},
      {"pivot_root", call(SYS_pivot_root, "/tmp", "/tmp")},
      {"unshare user", call(SYS_unshare, static_cast<long>(CLONE_NEWUSER))},
      {"unshare net", call(SYS_unshare, static_cast<long>(CLONE_NEWNET))},
      {"clone user", call(SYS_clone, static_cast<long>(CLONE_NEWUSER | SIGCHLD), 0L, 0L, 0L, 0L)},
      {"clone3", call(SYS_clone3, nullptr, 0L)},
      {"setns", call(SYS_setns, 0L, 0L)},
      {"ptrace", call(SYS_ptrace, static_cast<long>(PTRACE_TRACEME), 0L, 0L, 0L)},
      {"keyctl", call(SYS_keyctl, 0L, -3L, 1L)},
      {"bpf", call(SYS_bpf, 0L, nullptr, 0L)},
      {"perf_event_open", call(SYS_perf_event_open, nullptr, 0L, -1L, -1L, 0L)},
      {"userfaultfd", call(SYS_userfaultfd, 1L)},
      {"io_uring_setup", call(SYS_io_uring_setup, 1L, nullptr)},
      {"kexec_load", call(SYS_kexec_load, 0L, 0L, nullptr, 0L)},
      {"init_module", call(SYS_init_module, nullptr, 0L, "")},
      {"open_by_handle_at", call(SYS_open_by_handle_at, 0L, nullptr, 0L)},
      {"fsopen", call(SYS_fsopen, "tmpfs", 0L)},
      {"open_tree", call(SYS_open_tree, -100L, "/", 1L)},
      {"shmget", call(SYS_shmget, 0L, 4096L, 0600L)},
      {"memfd_secret", call(SYS_memfd_secret, 0L)},
      {"sethostname", call(SYS_sethostname, "x", 1L)},
      {"settimeofday", call(SYS_settimeofday, nullptr, nullptr)},
      {"reboot", call(SYS_reboot, 0L, 0L, 0L, nullptr)},
      {"setuid", call(SYS_setuid, 0L)},
      {"hide", call(SYS_prctl, static_cast<long>(PR_SET_DUMPABLE), 0L)},
      {"vsock", call(SYS_socket, 40L, static_cast<long>(SOCK_STREAM), 0L)},
      {"packet", call(SYS_socket, static_cast<long>(AF_PACKET), static_cast<long>(SOCK_RAW), 0L)},
      {"raw", call(SYS_socket, static_cast<long>(AF_INET), static_cast<long>(SOCK_RAW), 1L)},
  };
  std::string lines;
  for (const auto& [name, attempt] : calls) {
    errno = 0;
    const long result = attempt();
    if (result == 0 && std::string(name) == "clone user") std::_Exit(0);  // the child
    lines += std::string(name) + ": " + outcome(result) + "\n";
  }
  return lines;
}

/// Memory that is in no process's address space.
std::string eat_files(const std::string& event) {
  const auto total = static_cast<std::size_t>(std::atoi(member(event, "mb").c_str()));
  const std::string piece(kMiB, 'x');
  const int file = static_cast<int>(::syscall(SYS_memfd_create, "eaten", 0));
  if (file < 0) return outcome(file);
  for (std::size_t i = 0; i < total; ++i) {
    if (::write(file, piece.data(), piece.size()) < 0) return outcome(-1);
    ::usleep(1'000);
  }
  return "held";
}

/// Each child shares some memory with nobody in particular.
std::string eat_shared(const std::string& event) {
  const auto total = static_cast<std::size_t>(std::atoi(member(event, "mb").c_str()));
  constexpr std::size_t kEach = 32;
  for (std::size_t i = 0; i < total / kEach; ++i) {
    if (::fork() != 0) continue;
    void* memory =
        ::mmap(nullptr, kEach * kMiB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    std::memset(memory, 1, kEach * kMiB);
    while (true) ::pause();
  }
  ::sleep(static_cast<unsigned>(std::atoi(member(event, "seconds").c_str())));
  return "held";
}

/// Some memory that all children see: it exists once.
std::string share(const std::string& event) {
  const auto size = static_cast<std::size_t>(std::atoi(member(event, "mb").c_str())) * kMiB;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::memset(memory, 1, size);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      std::size_t sum = 0;
      for (std::size_t at = 0; at < size; at += 4096) sum += static_cast<char*>(memory)[at];
      ::sleep(1);
      std::_Exit(sum == 0 ? 1 : 0);
    }
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return "held";
}

/// Shared memory that is written and given back: it is in no page table any more, and exists.
std::string eat_given_back(const std::string& event) {
  const auto total = static_cast<std::size_t>(std::atoi(member(event, "mb").c_str()));
  constexpr std::size_t kEach = 32 * kMiB;
  for (std::size_t eaten = 0; eaten < total * kMiB; eaten += kEach) {
    void* memory =
        ::mmap(nullptr, kEach, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return outcome(-1);
    std::memset(memory, 1, kEach);
    ::madvise(memory, kEach, MADV_DONTNEED);
  }
  ::sleep(static_cast<unsigned>(std::atoi(member(event, "seconds").c_str())));
  return "held";
}

/// Memory of a process whose first thread has ended: what /proc shows of that one is empty.
std::string eat_headless(const std::string& event) {
  const auto size = static_cast<std::size_t>(std::atoi(member(event, "mb").c_str())) * kMiB;
  const pid_t child = ::fork();
  if (child == 0) {
    std::thread([size] {
      ::sleep(1);  // The first thread has ended by then, and nobody looked before.
      void* memory =
          ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      std::memset(memory, 1, size);
      while (true) ::pause();
    }).detach();
    ::syscall(SYS_exit, 0);  // this thread alone
  }
  ::sleep(static_cast<unsigned>(std::atoi(member(event, "seconds").c_str())));
  ::kill(child, SIGKILL);
  return "held";
}

/// Messages that nobody reads.
std::string fill_sockets(const std::string& event) {
  const int count = std::atoi(member(event, "count").c_str());
  const std::string message(64 * 1024, 'x');
  for (int i = 0; i < count; ++i) {
    // A process has 1,024 descriptors.
    if (i % 400 == 0 && i > 0) {
      if (::fork() != 0) break;
      ::close_range(3, ~0U, 0);
    }
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) break;
    while (::send(ends[0], message.data(), message.size(), MSG_NOSIGNAL) > 0) continue;
  }
  ::sleep(static_cast<unsigned>(std::atoi(member(event, "seconds").c_str())));
  return "held";
}

/// Names of empty files.
std::string make_names(const std::string& event) {
  const int count = std::atoi(member(event, "count").c_str());
  for (int i = 0; i < count; ++i) {
    const int file = ::open(("/tmp/" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT, 0600);
    if (file < 0 && errno == ENOSPC) break;  // the file system has no more names
    if (file < 0) return std::to_string(i) + " " + std::strerror(errno);
    ::close(file);
  }
  ::sleep(static_cast<unsigned>(std::atoi(member(event, "seconds").c_str())));
  return "held";
}

/// The first IPv4 address of a name.
std::string resolve(const std::string& event) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(member(event, "name").c_str(), nullptr, &hints, &found);
  if (failed != 0) return ::gai_strerror(failed);
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(found->ai_addr)->sin_addr, text.data(),
              text.size());
  ::freeaddrinfo(found);
  return text.data();
}

std::string environment(const std::string& event) {
  const char* value = std::getenv(member(event, "name").c_str());
  return value == nullptr ? "" : value;
}

/// Fills /tmp until it is full; says how much went in, in MiB.
std::string fill_tmp(const std::string&) {
  const std::string piece(kMiB, 'x');
  const int file = ::open("/tmp/full", O_WRONLY | O_CREAT, 0600);
  int written = 0;
  while (::write(file, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size())) ++written;
  ::unlink("/tmp/full");
  ::close(file);
  return std::to_string(written);
}

/// Makes processes until it may not; says how many and why no more.
std::string fork_all(const std::string&) {
  std::vector<pid_t> children;
  while (children.size() < 10'000) {
    const pid_t child = ::fork();
    if (child < 0) break;
    if (child == 0) {
      while (true) ::pause();
    }
    children.push_back(child);
  }
  const std::string why = std::strerror(errno);
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return std::to_string(children.size()) + " " + why;
}

std::string print_line(const std::string& event) {
  const std::string line(static_cast<std::size_t>(std::atoi(member(event, "mb").c_str())) * kMiB,
                         'x');
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  return "printed";
}

std::string identity(const std::string&) {
  return std::to_string(::getuid()) + " " + std::to_string(::getpid());
}

Response handle(const Invocation& invocation) {
  static const std::map<std::string, std::function<std::string(const std::string&)>> attempts = {
      {"write", write_file},
      {"read", read_file},
      {"list", list_folder},
      {"connect", connect_only},
      {"http", http},
      {"calls", system_calls},
      {"memfd", eat_files},
      {"shared", eat_shared},
      {"share", share},
      {"tmp", fill_tmp},
      {"fork", fork_all},
      {"line", print_line},
      {"identity", identity},
      {"given back", eat_given_back},
      {"headless", eat_headless},
      {"names", make_names},
      {"sockets", fill_sockets},
      {"resolve", resolve},
      {"environment", environment}};
  const auto found = attempts.find(member(invocation.payload, "try"));
  if (found == attempts.end()) return Response::success("\"no such attempt\"");
  return Response::success(json_quote(found->second(invocation.payload)));
}

}  // namespace

int main() { return tandem::lambda_runtime::run(handle); }
