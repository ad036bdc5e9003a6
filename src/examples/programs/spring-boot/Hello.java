package hello;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Spring Boot of the examples. */
@SpringBootApplication
@RestController
public class Hello {
    public static void main(String[] args) {
        SpringApplication.run(Hello.class, args);
    }

    @GetMapping("/")
    String hello() {
        return System.getenv("BACKPOOL_ROUTE") + " " + ProcessHandle.current().pid() + "\n";
    }

    @GetMapping("/slow")
    String slow() throws InterruptedException {
        Thread.sleep(500);
        return hello();
    }
}
