#include "connection.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tandem/aws_client.h"
#include "tls.h"

namespace tandem::lambda_runtime {
namespace {

constexpr std::size_t kHeadBytes = 64 * 1024;
constexpr std::size_t kBodyBytes = 64 * 1024 * 1024;
constexpr std::size_t kPiece = 16 * 1024;

[[noreturn]] void fail(const std::string& what) { throw TransportError(what); }
[[noreturn]] void fail_errno(const std::string& what) {
  throw TransportError(what + ": " + std::strerror(errno));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::size_t parse_size(std::string_view text, int base) {
  std::size_t size = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || size > kBodyBytes) {
    fail("malformed length in the answer");
  }
  return size;
}

struct Addresses {
  addrinfo* first = nullptr;
  Addresses(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
    if (error != 0) fail(host + ": " + ::gai_strerror(error));
  }
  ~Addresses() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;
};

}  // namespace

struct Connection::Tls {
  TlsSession session;
};

Endpoint Endpoint::parse(std::string_view url) {
  Endpoint endpoint;
  if (url.starts_with("https://")) {
    endpoint.tls = true;
    endpoint.port = 443;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    throw std::runtime_error("not an http or https URL: " + std::string(url));
  }
  url = url.substr(0, url.find('/'));
  const std::size_t colon = url.rfind(':');
  if (colon != std::string_view::npos) {
    unsigned port = 0;
    const std::string_view digits = url.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool whole = parsed.ptr == digits.data() + digits.size();
    if (parsed.ec != std::errc() || !whole || port == 0 || port > 65'535) {
      throw std::runtime_error("malformed port: " + std::string(url));
    }
    endpoint.port = static_cast<std::uint16_t>(port);
    url = url.substr(0, colon);
  }
  if (url.empty()) throw std::runtime_error("URL without a host");
  endpoint.host = url;
  return endpoint;
}

std::string Endpoint::authority() const {
  const bool usual = port == (tls ? 443 : 80);
  return usual ? host : host + ":" + std::to_string(port);
}

std::string_view HttpAnswer::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

Connection::Connection(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
Connection::~Connection() { close(); }

void Connection::close() {
  tls_.reset();
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  buffer_.clear();
  used_ = 0;
}

void Connection::wait(short events, Clock::time_point deadline) {
  while (true) {
    int timeout = -1;
    if (deadline != kForever) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) fail("timed out");
      timeout = static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000));
    }
    pollfd entry{socket_, events, 0};
    const int ready = ::poll(&entry, 1, timeout);
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) fail_errno("poll");
  }
}

void Connection::connect(Clock::time_point deadline) {
  const Addresses addresses(endpoint_.host, endpoint_.port);
  std::string last = "no address";
  for (const addrinfo* each = addresses.first; each != nullptr; each = each->ai_next) {
    socket_ = ::socket(each->ai_family, each->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) fail_errno("socket");
    int error = ::connect(socket_, each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      wait(POLLOUT, deadline);
      socklen_t size = sizeof(error);
      ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) {
      const int on = 1;
      ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      if (endpoint_.tls) {
        tls_ = std::make_unique<Tls>(Tls{TlsSession(socket_, endpoint_.host)});
        while (const short events = tls_->session.handshake()) wait(events, deadline);
      } else {
        // Then a wait without a deadline is one system call.
        ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) & ~O_NONBLOCK);
      }
      return;
    }
    last = std::strerror(error);
    close();
  }
  fail(endpoint_.authority() + ": " + last);
}

long Connection::receive(char* data, std::size_t size, Clock::time_point deadline) {
  while (true) {
    if (tls_) {
      short events = 0;
      const long got = tls_->session.read(data, size, events);
      if (events == 0) return got;
      wait(events, deadline);
      continue;
    }
    if (deadline != kForever) wait(POLLIN, deadline);
    const ssize_t got = ::recv(socket_, data, size, deadline == kForever ? 0 : MSG_DONTWAIT);
    if (got >= 0) return got;
    if (errno != EINTR && errno != EAGAIN) return -1;
  }
}

long Connection::transmit(const char* data, std::size_t size, Clock::time_point deadline) {
  while (true) {
    if (tls_) {
      short events = 0;
      const long wrote = tls_->session.write(data, size, events);
      if (events == 0) return wrote;
      wait(events, deadline);
      continue;
    }
    const ssize_t wrote = ::send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote >= 0) return wrote;
    if (errno == EAGAIN) {
      wait(POLLOUT, deadline);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

bool Connection::fill(Clock::time_point deadline) {
  if (used_ == buffer_.size()) {
    buffer_.clear();
    used_ = 0;
  }
  const std::size_t held = buffer_.size();
  buffer_.resize(held + kPiece);
  const long got = receive(buffer_.data() + held, kPiece, deadline);
  buffer_.resize(held + static_cast<std::size_t>(std::max(got, 0L)));
  return got > 0;
}

std::string Connection::read_line(Clock::time_point deadline) {
  std::size_t scanned = used_;
  while (true) {
    const std::size_t end = buffer_.find('\n', scanned);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(used_, end - used_);
      used_ = end + 1;
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    scanned = buffer_.size();
    if (buffer_.size() - used_ > kHeadBytes) fail("the answer's head is too long");
    const std::size_t before = used_;
    if (!fill(deadline)) fail("connection closed");
    if (used_ < before) scanned = 0;
  }
}

void Connection::read_exactly(std::string& out, std::size_t size, Clock::time_point deadline) {
  if (out.size() + size > kBodyBytes) fail("the answer is too long");
  while (size > 0) {
    if (used_ == buffer_.size() && !fill(deadline)) fail("connection closed");
    const std::size_t part = std::min(size, buffer_.size() - used_);
    out.append(buffer_, used_, part);
    used_ += part;
    size -= part;
  }
}

void Connection::read_chunked(std::string& body, Clock::time_point deadline) {
  while (true) {
    const std::string line = read_line(deadline);
    const std::size_t size = parse_size(trim(line.substr(0, line.find(';'))), 16);
    if (size == 0) break;
    read_exactly(body, size, deadline);
    if (!read_line(deadline).empty()) fail("malformed chunk");
  }
  while (!read_line(deadline).empty()) {
  }
}

HttpAnswer Connection::read_answer(Clock::time_point deadline) {
  HttpAnswer answer;
  do {
    const std::string line = read_line(deadline);
    if (!line.starts_with("HTTP/1.") || line.size() < 12) fail("not an HTTP answer");
    answer.status = static_cast<int>(parse_size(line.substr(9, 3), 10));
    answer.headers.clear();
    std::size_t bytes = 0;
    for (std::string field = read_line(deadline); !field.empty(); field = read_line(deadline)) {
      bytes += field.size();
      if (bytes > kHeadBytes) fail("the answer's head is too long");
      const std::size_t colon = field.find(':');
      if (colon == std::string::npos) fail("malformed field in the answer");
      answer.headers.emplace_back(lower(field.substr(0, colon)),
                                  trim(std::string_view(field).substr(colon + 1)));
    }
  } while (answer.status / 100 == 1);

  bool keep = lower(answer.header("connection")) != "close";
  if (lower(answer.header("transfer-encoding")) == "chunked") {
    read_chunked(answer.body, deadline);
  } else if (const auto length = answer.header("content-length"); !length.empty()) {
    read_exactly(answer.body, parse_size(length, 10), deadline);
  } else if (answer.status != 204 && answer.status != 304) {
    keep = false;
    while (buffer_.size() - used_ <= kBodyBytes && fill(deadline)) {
    }
    answer.body = buffer_.substr(used_);
  }
  if (!keep) close();
  return answer;
}

bool Connection::write_request(std::string_view head, std::string_view body,
                               Clock::time_point deadline) {
  std::string whole;
  whole.reserve(head.size() + 2 + body.size());
  whole += head;
  whole += "\r\n";
  whole += body;
  std::string_view rest = whole;
  while (!rest.empty()) {
    const long wrote = transmit(rest.data(), rest.size(), deadline);
    if (wrote <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

HttpAnswer Connection::send(std::string_view head, std::string_view body,
                            Clock::time_point deadline) {
  const bool kept = socket_ >= 0;
  try {
    if (!kept) connect(deadline);
    // Once a byte of the answer is there, the request was taken and is not repeated.
    const bool sent = write_request(head, body, deadline);
    if ((sent && fill(deadline)) || !kept) return read_answer(deadline);
    close();
    connect(deadline);
    if (!write_request(head, body, deadline)) fail_errno("send");
    return read_answer(deadline);
  } catch (...) {
    close();
    throw;
  }
}

}  // namespace tandem::lambda_runtime
