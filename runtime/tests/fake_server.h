// A tiny scripted HTTP server on a thread: takes one connection after the other, reads a request,
// sends the next scripted answer as it is.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tandem::lambda_runtime {

struct ScriptedAnswer {
  std::string bytes;
  bool close_after = false;
};

class FakeServer {
 public:
  explicit FakeServer(std::vector<ScriptedAnswer> script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(listener_, 8);
    socklen_t size = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    ::shutdown(listener_, SHUT_RDWR);  // ends a pending accept
    thread_.join();
    ::close(listener_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Once the script has run out.
  std::vector<std::string> requests() {
    while (!done_) std::this_thread::yield();
    return requests_;
  }
  int connections() const { return connections_; }

 private:
  void serve() {
    std::size_t next = 0;
    while (next < script_.size()) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) break;
      ++connections_;
      while (next < script_.size()) {
        std::string request = read_request(connection);
        if (request.empty()) break;
        requests_.push_back(std::move(request));
        const ScriptedAnswer& answer = script_[next++];
        // Byte by byte in places would be slow; two pieces are enough to cross every boundary.
        const std::size_t half = answer.bytes.size() / 2;
        ::send(connection, answer.bytes.data(), half, MSG_NOSIGNAL);
        ::send(connection, answer.bytes.data() + half, answer.bytes.size() - half, MSG_NOSIGNAL);
        if (answer.close_after) break;
      }
      ::close(connection);
    }
    ::shutdown(listener_, SHUT_RDWR);  // further connections are refused, not left waiting
    done_ = true;
  }

  static std::string read_request(int connection) {
    std::string text;
    std::size_t wanted = std::string::npos;
    char piece[4096];
    while (text.size() < wanted) {
      const ssize_t got = ::recv(connection, piece, sizeof(piece), 0);
      if (got <= 0) return "";
      text.append(piece, static_cast<std::size_t>(got));
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const std::size_t length = text.find("content-length: ");
      const std::size_t body =
          length == std::string::npos || length > end ? 0 : std::stoul(text.substr(length + 16));
      wanted = end + 4 + body;
    }
    return text;
  }

  std::vector<ScriptedAnswer> script_;
  std::vector<std::string> requests_;
  std::atomic<bool> done_ = false;
  std::atomic<int> connections_ = 0;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace tandem::lambda_runtime
