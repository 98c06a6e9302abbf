"""A diffusion model in closed form, as one would explain it: read the modules in this order.

 1. schedule         how much noise is left at each step
 2. latent           what is diffused: the picture at an eighth of its side, in three planes
 3. exemplars        the pictures that a painter paints for the prompt
 4. mixture          the best guess of the picture behind the noise, in closed form
 5. denoiser         that guess as a sampler calls it, held to what a task keeps
 6. guidance         what cfg_scale, negative prompts and clip_guidance_preset do to the guess
 7. samplers         ten ways from noise to picture
 8. decode           from the latent to pixels
 9. image_to_image   what stays of an init image
10. masks            what a mask keeps, and objects put where it is open
11. mood             a prompt that names nothing to draw
12. tasks            which of these each task needs
13. trace            what a run leaves to look at
"""
